"""Weight normalisation."""

from __future__ import annotations

from tdlcourse._validate import Array, error, float_array


def weightnorm_fwd(v: Array, g: Array) -> Array:
    """Weights w = g v / |v|, row by row: direction and length as separate parameters.

    Args:
        v: (out, ...) directions; the norm is over all axes but the first.
        g: (out,) lengths.

    Returns:
        w, of v's shape.

    Raises:
        ValueError: wrong shapes.

    Source:
        Salimans & Kingma, "Weight normalization", NIPS 2016, eq. 2.
    """
    v = _rows_checked(v)
    g = float_array("g", g, shape=(v.shape[0],), like=v)
    rows = v.reshape(v.shape[0], -1)
    return (rows * (g / _row_norms(rows))[:, None]).reshape(v.shape)


def weightnorm_bwd(dw: Array, v: Array, g: Array) -> tuple[Array, Array]:
    """Gradients (dv, dg) of weight normalisation; each row of dv is orthogonal to that of v.

    Args:
        dw: gradient in w, of v's shape.
        v: (out, ...) directions.
        g: (out,) lengths.

    Returns:
        dv: of v's shape. dg: (out,).

    Raises:
        ValueError: wrong shapes.

    Source:
        Salimans & Kingma, NIPS 2016, eq. 3.
    """
    v = _rows_checked(v)
    g = float_array("g", g, shape=(v.shape[0],), like=v)
    dw = float_array("dw", dw, shape=tuple(v.shape), like=v)
    norms = _row_norms(v.reshape(len(v), -1))[:, None]
    unit, dw = v.reshape(len(v), -1) / norms, dw.reshape(len(v), -1)
    dg = (dw * unit).sum(axis=1)
    dv = g[:, None] / norms * (dw - dg[:, None] * unit)
    return dv.reshape(v.shape), dg


def _rows_checked(v: Array) -> Array:
    v = float_array("v", v)
    if v.ndim < 2:
        raise error("v", "of shape (out, in) or (out, in, height, width)", tuple(v.shape))
    return v


def _row_norms(rows: Array) -> Array:
    return (rows**2).sum(axis=1) ** 0.5
