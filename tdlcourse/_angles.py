"""Functions of the angles between inputs, without the loss of accuracy next to a cosine of 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tdlcourse._blocks import by_row_blocks
from tdlcourse._mlp import constant
from tdlcourse._validate import Array, float_array, namespace


class Angle(NamedTuple):
    """An angle theta in [0, pi], with what cannot be recovered from a cosine near +-1."""

    share: Array  # theta / pi
    sine: Array
    half: Array  # sin^2(theta / 2) = (1 - cos(theta)) / 2


def next_half(angle: Angle) -> Array:
    """sin^2(theta' / 2) for cos(theta') = k1 = (sin theta + (pi - theta) cos theta) / pi.

    At most 1/2: behind a ReLU layer no angle is obtuse.
    """
    half = (1 - angle.share) * angle.half
    half += 0.5 * angle.share
    half -= (0.5 / math.pi) * angle.sine
    return half


def acute_angle(half: Array) -> Angle:
    """The angle with the given sin^2(theta / 2) <= 1/2."""
    xp = namespace(half)
    share = xp.arcsin(xp.sqrt(half))
    share *= 2 / math.pi
    sine = 1 - half
    sine *= half
    return Angle(share, 2 * xp.sqrt(sine), half)


def from_angles(
    X1: Array, X2: Array | None, kernels: Callable[[Angle], Sequence[Array]]
) -> list[Array]:
    """|x| |x'| times functions of the angle between the inputs: (n, m) matrices."""
    X1 = constant(float_array("X1", X1, shape=("n", "d"), finite=True))
    unit1, norm1 = unit2, norm2 = _normalised(X1)
    if X2 is not None:
        X2 = constant(float_array("X2", X2, shape=("m", X1.shape[1]), like=X1, finite=True))
        unit2, norm2 = _normalised(X2)

    def blocks(rows: slice, left: int) -> list[Array]:
        norms = norm1[rows, None] * norm2[left:]
        return [norms * kernel for kernel in kernels(_angles(unit1[rows], unit2[left:]))]

    return by_row_blocks(len(X1), len(unit2), X1, blocks, symmetric=X2 is None)


def _normalised(X: Array) -> tuple[Array, Array]:
    xp, limits = namespace(X), namespace(X).finfo(X.dtype)
    with np.errstate(over="ignore"):
        squares = (X**2).sum(1)
    norm = xp.sqrt(squares)
    accurate = (squares > limits.tiny / limits.eps) & (squares < limits.max)
    if X.shape[1] and not bool(accurate.all()):  # rows of zeros, or squares out of range
        largest = xp.amax(abs(X), 1)
        largest = xp.where(largest > 0, largest, xp.ones_like(largest))
        X = X / largest[:, None]
        norm = xp.sqrt((X**2).sum(1))
        return X / xp.where(norm > 0, norm, xp.ones_like(norm))[:, None], norm * largest
    return X / xp.where(norm > 0, norm, xp.ones_like(norm))[:, None], norm


def _angles(unit1: Array, unit2: Array) -> Angle:
    """Angles between unit vectors, of error eps also where they are parallel.

    Near a cosine of +-1 the chords |x - x'| and |x + x'| are computed from their definition
    (Kahan, "How futile are mindless assessments of roundoff", 2006, section 12).
    """
    xp = namespace(unit1)
    cosine = (unit1 @ unit2.T).clip(-1, 1)
    share = xp.arccos(cosine)
    share *= 1 / math.pi
    half = 0.5 - 0.5 * cosine
    sine = 2 * xp.sqrt(half * (1 - half))
    (flat,) = xp.where(sine.reshape(-1) < 0.04)
    if len(flat):
        i, j = flat // len(unit2), flat % len(unit2)
        minus, plus = (xp.sqrt(((unit1[i] + s * unit2[j]) ** 2).sum(1)) / 2 for s in (-1, 1))
        share[i, j] = (2 / math.pi) * xp.arctan2(minus, plus)
        sine[i, j], half[i, j] = 2 * minus * plus, minus**2
    return Angle(share, sine, half)
