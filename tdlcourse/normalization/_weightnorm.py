"""Weight normalisation."""

from __future__ import annotations

import math

from tdlcourse._validate import Array, error, float_array, namespace


def weightnorm_fwd(v: Array, g: Array) -> Array:
    """Weights w = g v / |v|, row by row: direction and length as separate parameters.

    Args:
        v: (out, ...) directions; the norm is over all axes but the first.
        g: (out,) lengths.

    Returns:
        w, of v's shape.

    Raises:
        ValueError: wrong shapes, or a row of v is zero: it has no direction.

    Source:
        Salimans & Kingma, "Weight normalization", NIPS 2016, eq. 2.
    """
    v = _rows_checked(v)
    g = float_array("g", g, shape=(v.shape[0],), like=v)
    unit, _, _ = _directions(v)
    return (g[:, None] * unit).reshape(v.shape)


def weightnorm_bwd(dw: Array, v: Array, g: Array) -> tuple[Array, Array]:
    """Gradients (dv, dg) of weight normalisation; each row of dv is orthogonal to that of v.

    Args:
        dw: gradient in w, of v's shape.
        v: (out, ...) directions.
        g: (out,) lengths.

    Returns:
        dv: of v's shape. dg: (out,).

    Raises:
        ValueError: wrong shapes, or a row of v is zero.

    Source:
        Salimans & Kingma, NIPS 2016, eq. 3.
    """
    v = _rows_checked(v)
    g = float_array("g", g, shape=(v.shape[0],), like=v)
    dw = float_array("dw", dw, shape=tuple(v.shape), like=v)
    unit, largest, norms = _directions(v)
    dw = dw.reshape(unit.shape)
    dg = (dw * unit).sum(axis=1)
    dv = g[:, None] / norms * (dw - dg[:, None] * unit) / largest
    return dv.reshape(v.shape), dg


def _rows_checked(v: Array) -> Array:
    v = float_array("v", v)
    if v.ndim < 2:
        raise error("v", "of shape (out, in) or (out, in, height, width)", tuple(v.shape))
    return v


def _directions(v: Array) -> tuple[Array, Array, Array]:
    """Rows of length 1, and two columns whose product is the length before: the largest entry, and
    the length in its units, in which squares neither overflow nor vanish."""
    rows, xp = v.reshape(v.shape[0], math.prod(v.shape[1:])), namespace(v)
    if rows.shape[1] == 0:
        raise error("v", "rows of at least one entry", tuple(v.shape))
    largest = xp.amax(abs(rows), axis=1, keepdims=True)
    if bool((largest == 0).any()):
        raise error("v", "rows that are not zero", v)
    rows = rows / largest
    norms = (rows**2).sum(axis=1, keepdims=True) ** 0.5
    return rows / norms, largest, norms
