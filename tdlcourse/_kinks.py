"""Where the neurons of a layer change sign on a line: the inner loops of `regions.breakpoints_1d`.

Compiled by numba where it is installed; without it the same code runs in Python.
"""

from __future__ import annotations

import numpy as np

from tdlcourse._compiled import Floats, compiled_bare

_TOLERANCE = 1e-12  # of a neuron's greatest value, or of the interval: below, it is a zero


def with_kinks(x: Floats, values: Floats, *, last: bool) -> tuple[Floats, Floats]:
    """The points x and the layer's sign changes between them, with the ReLU of the values there.

    Args:
        x: (K,) increasing.
        values: (K, n) pre-activations at x, affine in between.
        last: whether the values are not needed; then they are of width 0.
    """
    zero, shares = np.zeros(values.shape[1]), np.empty(values.shape[1])
    room = len(x) + _count(values, zero)
    all_x, all_values = np.empty(room), np.empty((room, 0 if last else len(zero)))
    total = _merge(x, values, zero, all_x, all_values, shares)
    return all_x[:total], all_values[:total]


@compiled_bare
def _count(values: Floats, zero: Floats) -> int:
    """The number of sign changes; zero (n,) is set to what counts as 0."""
    points, width = values.shape
    for k in range(points):
        for j in range(width):
            zero[j] = max(zero[j], _TOLERANCE * abs(values[k, j]))
    total = 0
    for k in range(points - 1):
        for j in range(width):
            low, high = min(values[k, j], values[k + 1, j]), max(values[k, j], values[k + 1, j])
            total += (low < -zero[j]) & (high > zero[j])
    return total


@compiled_bare
def _merge(
    x: Floats, values: Floats, zero: Floats, all_x: Floats, all_values: Floats, shares: Floats
) -> int:
    """Fill all_x and all_values with old and new points in order; their number."""
    width, total = all_values.shape[1], 0
    merged = _TOLERANCE * max(abs(x[0]), abs(x[-1]))  # closer kinks are the same one
    for k in range(len(x)):
        all_x[total] = x[k]
        for j in range(width):
            all_values[total, j] = max(values[k, j], 0.0)
        total += 1
        if k + 1 == len(x):
            break
        for share in shares[: _sorted_shares(values, zero, k, shares)]:
            point = x[k] + share * (x[k + 1] - x[k])
            if point - all_x[total - 1] <= merged or x[k + 1] - point <= merged:
                continue
            all_x[total] = point
            for j in range(width):
                value = values[k, j] + share * (values[k + 1, j] - values[k, j])
                all_values[total, j] = max(value, 0.0)
            total += 1
    return total


@compiled_bare
def _sorted_shares(values: Floats, zero: Floats, k: int, shares: Floats) -> int:
    """Put where neurons change sign between points k and k + 1 into shares, in order; how many."""
    count = 0
    for j in range(len(zero)):
        left, right = values[k, j], values[k + 1, j]
        if min(left, right) < -zero[j] and max(left, right) > zero[j]:
            share, place = left / (left - right), count
            while place > 0 and shares[place - 1] > share:
                shares[place] = shares[place - 1]
                place -= 1
            shares[place] = share
            count += 1
    return count
