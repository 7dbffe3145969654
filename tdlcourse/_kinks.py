"""Where the neurons of a layer change sign on a line: the inner loops of `regions.breakpoints_1d`.

Compiled by numba where it is installed; without it the same code runs in Python.
"""

from __future__ import annotations

import numpy as np

from tdlcourse._compiled import Floats, Ints, compiled_bare

_TOLERANCE = 1e-12  # of a neuron's greatest value, or of the interval: below, it is a zero


def with_kinks(x: Floats, values: Floats, W: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The points x and the layer's sign changes between them, with the next layer's values there.

    Between two points a kink adds one neuron's column of W to the slope of the next layer's values,
    so that only the points x need a product of matrices.

    Args:
        x: (K,) increasing.
        values: (K, n) pre-activations at x, affine in between.
        W: (m, n) weights of the next layer; m = 0 behind the last one.
        b: (m,) its biases.
    """
    zero, room = np.zeros(values.shape[1]), len(x)
    room += _count(values, zero)
    nodes = np.maximum(values, 0.0) @ W.T
    nodes += b
    columns = np.ascontiguousarray(W.T)
    all_x, all_values = np.empty(room), np.empty((room, len(W)))
    work = np.empty_like(zero), np.empty(len(zero), np.int64), np.empty(len(W))
    total = _merge(x, values, zero, nodes, columns, all_x, all_values, *work)
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
    x: Floats,
    values: Floats,
    zero: Floats,
    nodes: Floats,
    columns: Floats,
    all_x: Floats,
    all_values: Floats,
    shares: Floats,
    kinked: Ints,
    slope: Floats,
) -> int:
    """Fill all_x and all_values with old and new points in order; their number.

    The last three are room to work in: compiled without reference counts, it makes no arrays.
    """
    width, total = nodes.shape[1], 0
    merged = _TOLERANCE * max(abs(x[0]), abs(x[-1]))  # closer kinks are the same one
    for k in range(len(x)):
        all_x[total] = x[k]
        for i in range(width):
            all_values[total, i] = nodes[k, i]
        total += 1
        if k + 1 == len(x):
            break
        count = _sorted_shares(values, zero, k, shares, kinked)
        _first_slope(values, nodes, columns, k, shares, kinked, count, slope)
        before = 0.0
        for place in range(count):
            share, j = shares[place], kinked[place]
            point = x[k] + share * (x[k + 1] - x[k])
            if point - all_x[total - 1] > merged and x[k + 1] - point > merged:
                all_x[total] = point
                for i in range(width):
                    all_values[total, i] = all_values[total - 1, i] + slope[i] * (share - before)
                total += 1
                before = share
            turn = abs(values[k + 1, j] - values[k, j])
            for i in range(width):
                slope[i] += turn * columns[j, i]
    return total


@compiled_bare
def _first_slope(
    values: Floats,
    nodes: Floats,
    columns: Floats,
    k: int,
    shares: Floats,
    kinked: Ints,
    count: int,
    slope: Floats,
) -> None:
    """Set slope (m,) to the next layer's growth from point k, up to the first kink after it."""
    for i in range(len(slope)):
        slope[i] = nodes[k + 1, i] - nodes[k, i]
    for place in range(count):
        j = kinked[place]
        turn = abs(values[k + 1, j] - values[k, j]) * (1.0 - shares[place])
        for i in range(len(slope)):
            slope[i] -= turn * columns[j, i]


@compiled_bare
def _sorted_shares(values: Floats, zero: Floats, k: int, shares: Floats, kinked: Ints) -> int:
    """Put where neurons change sign between points k and k + 1 into shares, in order, and which.

    Returns how many.
    """
    count = 0
    for j in range(len(zero)):
        left, right = values[k, j], values[k + 1, j]
        if min(left, right) < -zero[j] and max(left, right) > zero[j]:
            share, place = left / (left - right), count
            while place > 0 and shares[place - 1] > share:
                shares[place], kinked[place] = shares[place - 1], kinked[place - 1]
                place -= 1
            shares[place], kinked[place] = share, j
            count += 1
    return count
