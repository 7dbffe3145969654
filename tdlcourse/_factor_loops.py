"""Gradient descent on the factors of a deep matrix factorisation: the inner loops of `dynamics`.

The loss is 1/2 sum over observed entries of (W - A)^2 with W = W_N ... W_1. With the prefixes
P_l = W_l ... W_1 and the backward signals B_N = mask * (W - A), B_{l-1} = W_l^T B_l, the gradient
of W_l is B_l P_{l-1}^T: 3 (N - 1) small matrix products a step.

`descend_chain` does them by BLAS for one start; it is ordinary numpy, only quicker when compiled.
`descend_lanes` takes 16 starts at once, entry by entry in the lanes of vector instructions, so that
products of matrices as small as 10 x 10 run near the speed of the machine; it exists only compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from tdlcourse._compiled import Floats, compiled

LANES = 16  # fewer, and the compiler unrolls the innermost loop instead of vectorising it
WIDEST = 16  # beyond, its sum over k is no longer unrolled and BLAS is faster


@compiled
def descend_chain(factors: Floats, target: Floats, step: Floats, iters: int, ledger: Floats) -> int:
    """Move the factors (N, d, d) in place by iters steps; step (d, d) is lr * mask.

    `ledger` (N - 1, d, d) receives the sum over steps of dW_{l+1}^T dW_{l+1} - dW_l dW_l^T, where
    dW are the moves; of length 0 it is left alone.
    """
    prefix, signal, move = np.empty_like(factors), np.empty_like(factors), np.empty_like(factors)
    last = len(factors) - 1
    prefix[0] = factors[0]  # kept here during the descent
    for _ in range(iters):
        for layer in range(1, last + 1):
            np.dot(factors[layer], prefix[layer - 1], prefix[layer])
        np.subtract(prefix[last], target, signal[last])
        np.multiply(signal[last], step, signal[last])
        for layer in range(last, 0, -1):
            np.dot(signal[layer], prefix[layer - 1].T, move[layer])
            np.dot(factors[layer].T, signal[layer], signal[layer - 1])
            np.subtract(factors[layer], move[layer], factors[layer])
        np.subtract(prefix[0], signal[0], prefix[0])
        if len(ledger) > 0:
            move[0] = signal[0]
            for layer in range(last):
                ledger[layer] += np.dot(move[layer + 1].T, move[layer + 1])
                ledger[layer] -= np.dot(move[layer], move[layer].T)
    factors[0] = prefix[0]
    return iters


@cache
def lanes_loop(width: int) -> Callable[[Floats, Floats, Floats, int], int] | None:
    """`descend_lanes` for even `width`, compiled for it; None without numba."""
    try:
        import numba
    except ImportError:
        return None
    # Fused multiply-adds; sums keep their order, which vectorising over lanes needs.
    machine_code = numba.njit(fastmath={"contract"})
    multiply = machine_code(_lanes_product(width, row=width, inner=1, right_inner=width))
    transposed_left = machine_code(_lanes_product(width, row=1, inner=width, right_inner=width))
    transposed_right = machine_code(_lanes_product(width, row=width, inner=1, right_inner=1))

    def descend_lanes(factors: Floats, target: Floats, step: Floats, iters: int) -> int:
        """Move the factors (N, d * d * LANES) in place; target and step are (d * d,)."""
        last = len(factors) - 1
        prefix, signal = np.empty_like(factors), np.empty_like(factors)
        move = np.empty_like(factors[0])
        prefix[0] = factors[0]
        for _ in range(iters):
            for layer in range(1, last + 1):
                multiply(factors[layer], prefix[layer - 1], prefix[layer])
            for entry in range(width * width):
                for k in range(entry * LANES, (entry + 1) * LANES):
                    signal[last, k] = step[entry] * (prefix[last, k] - target[entry])
            for layer in range(last, 0, -1):
                transposed_right(signal[layer], prefix[layer - 1], move)
                transposed_left(factors[layer], signal[layer], signal[layer - 1])
                for k in range(move.size):
                    factors[layer, k] -= move[k]
            for k in range(move.size):
                prefix[0, k] -= signal[0, k]
        factors[0] = prefix[0]
        return iters

    return machine_code(descend_lanes)


def _lanes_product(
    width: int, *, row: int, inner: int, right_inner: int
) -> Callable[[Floats, Floats, Floats], None]:
    """The product out = left @ right of LANES pairs of matrices, entries first, lanes last.

    Entry (i, k) of the left factor lies at i * row + k * inner, entry (k, j) of the right one at
    k * right_inner + j * (the other stride). All strides are constants of the compiled code: only
    then does the compiler see that the pointers of a tile do not overlap, and vectorises.
    """
    left_row, left_inner, out_row = row * LANES, inner * LANES, width * LANES
    right_k = right_inner * LANES
    right_j = LANES if right_inner == width else width * LANES

    def product(left: Floats, right: Floats, out: Floats) -> None:
        for i in range(0, width, 2):  # a 2 x 2 tile: each number loaded is used twice
            for j in range(0, width, 2):
                for s in range(LANES):
                    c00, c01, c10, c11 = 0.0, 0.0, 0.0, 0.0
                    for k in range(width):
                        a0 = left[i * left_row + k * left_inner + s]
                        a1 = left[(i + 1) * left_row + k * left_inner + s]
                        b0 = right[k * right_k + j * right_j + s]
                        b1 = right[k * right_k + (j + 1) * right_j + s]
                        c00 += a0 * b0
                        c01 += a0 * b1
                        c10 += a1 * b0
                        c11 += a1 * b1
                    out[i * out_row + j * LANES + s] = c00
                    out[i * out_row + (j + 1) * LANES + s] = c01
                    out[(i + 1) * out_row + j * LANES + s] = c10
                    out[(i + 1) * out_row + (j + 1) * LANES + s] = c11

    return product
