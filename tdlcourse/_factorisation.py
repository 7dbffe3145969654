"""Deep matrix factorisation by gradient descent, and the balance law it obeys: part of `dynamics`.

Factors are counted from the input: `factors[..., 0, :, :]` is W_1, and W = W_N ... W_1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tdlcourse._validate import (
    Array,
    Generator,
    error,
    float_array,
    int_array,
    integer,
    is_tensor,
    numpy_array,
    real,
    standard_normal,
)

_COMPILE_FROM = 20_000  # steps: below, starting the compiled loop costs more than it saves


def deep_mf(
    A: Array,
    mask: Array,
    depth: int,
    init: float,
    lr: float,
    iters: int,
    gen: Generator | Sequence[Generator],
) -> Array:
    """The product W_N ... W_1 fitted to the observed entries of A by gradient descent.

    Loss 1/2 sum_{(i, j) observed} (W_ij - A_ij)^2, all factors d x d, no regularisation: what is
    found in the unobserved entries is the bias of the optimiser and of the depth.

    Args:
        A: (d, d) target; unobserved entries are never read.
        mask: (d, d) bool, True where observed.
        depth: number of factors N, >= 1.
        init: scale, > 0. The start has E ||W||_F^2 = init^2 d, the norm of init * identity, for
            every depth.
        lr: learning rate, > 0.
        iters: steps, >= 0.
        gen: generator of the start, or a sequence of K of them for K runs at once.

    Returns:
        (d, d) end-to-end matrix, (K, d, d) for a sequence; not finite if lr is too large. A float64
        numpy array, whatever A's dtype; a tensor with A's dtype and device if A is one.

    Raises:
        ValueError, TypeError: an argument has the wrong shape, type or range.

    Source:
        Arora, Cohen, Hu & Luo, "Implicit regularization in deep matrix factorization", 2019; their
        Gaussian initialisation: entries of standard deviation init^(1/N) / sqrt(d).
    """
    d = float_array("A", A, shape=("d", "d")).shape[0]
    runs = gen if isinstance(gen, Sequence) else [gen]
    if not runs:
        raise error("gen", "a generator or a sequence of at least one", gen)
    start = np.stack([numpy_array("start", gaussian_factors(d, depth, init, g)) for g in runs])
    factors = factor_descent(start, A, mask, lr, iters)
    product = end_to_end(factors if isinstance(gen, Sequence) else factors[0])
    return float_array("W", product, like=A if is_tensor(A) else None)


def gaussian_factors(d: int, depth: int, init: float, gen: Generator) -> Array:
    """(depth, d, d) independent Gaussian factors whose product has E ||W||_F^2 = init^2 d.

    Args:
        d: size, >= 1.
        depth, init, gen: as in `deep_mf`; one generator.

    Raises:
        TypeError, ValueError: an argument has the wrong type or range.

    Source:
        As `deep_mf`.
    """
    depth, init = integer("depth", depth, low=1), real("init", init, low=0, open_low=True)
    d = integer("d", d, low=1)
    return standard_normal(gen, (depth, d, d)) * (init ** (1 / depth) / d**0.5)


def end_to_end(factors: Array) -> Array:
    """(..., d, d) products W_N ... W_1 of factors (..., N, d, d), N >= 1.

    Raises:
        ValueError: factors has another shape.
    """
    factors = float_array("factors", factors, shape=(..., "N", "d", "d"))
    integer("number of factors", factors.shape[-3], low=1)
    product = factors[..., 0, :, :]
    for layer in range(1, factors.shape[-3]):
        product = factors[..., layer, :, :] @ product
    return product


def balance_gaps(factors: Array) -> Array:
    """(..., N - 1, d, d) matrices W_{j+1}^T W_{j+1} - W_j W_j^T; zero for a balanced network.

    Args:
        factors: (..., N, d, d).

    Raises:
        ValueError: factors has another shape.

    Source:
        Arora, Cohen & Hazan 2018, theorem 1.
    """
    factors = float_array("factors", factors, shape=(..., "N", "d", "d"))
    below, above = factors[..., :-1, :, :], factors[..., 1:, :, :]
    return above.mT @ above - below @ below.mT


def factor_descent(factors: Array, A: Array, mask: Array, lr: float, iters: int) -> Array:
    """The factors after iters steps of gradient descent from the given ones.

    Args:
        factors: (..., N, d, d) starts; leading axes are independent runs.
        A: (d, d) target. mask: (d, d) bool, True where observed. lr, iters: as in `deep_mf`.

    Returns:
        (..., N, d, d) float64 numpy array.

    Raises:
        ValueError, TypeError: an argument has the wrong shape, type or range.

    Source:
        As `deep_mf`. The compiled loops agree with the plain ones to rounding.
    """
    start, target, step = _checked(factors, A, mask, lr)
    iters = integer("iters", iters, low=0)
    runs = start.reshape(-1, *start.shape[-3:]).copy()
    with np.errstate(over="ignore", invalid="ignore"):  # divergence shows in the result
        _descend(runs, target, step, iters)
    return runs.reshape(start.shape)


def conservation_error(factors: Array, A: Array, mask: Array, lr: float, iters: int) -> float:
    """Largest violation, over a run, of the discrete law that balance obeys; rounding only.

    In a step dW_j the gap D_j = W_{j+1}^T W_{j+1} - W_j W_j^T changes by exactly
    dW_{j+1}^T dW_{j+1} - dW_j dW_j^T: the terms of first order cancel, because both are
    W_{j+1}^T ... W_N^T (dL/dW) W_1^T ... W_j^T. So gradient flow conserves D_j, and gradient
    descent lets it drift by O(lr).

    Args:
        factors: (N, d, d) start, N >= 2. A, mask, lr, iters: as in `deep_mf`.

    Returns:
        max |D(end) - D(start) - sum of the changes| over all entries.

    Raises:
        ValueError, TypeError: an argument has the wrong shape, type or range.

    Source:
        Arora, Cohen & Hazan 2018, theorem 1 (continuous time); the discrete law is its proof
        without the limit.
    """
    from tdlcourse._factor_loops import descend_chain

    start, target, step = _checked(factors, A, mask, lr)
    if start.ndim != 3 or len(start) < 2:
        raise error("factors", "of shape (N, d, d), N >= 2", start.shape)
    moved, ledger = start.copy(), np.zeros_like(start[1:])
    descend_chain(moved, target, step, integer("iters", iters, low=0), ledger)
    return float(abs(balance_gaps(moved) - balance_gaps(start) - ledger).max())


def singular_value_paths(
    factors: Array, A: Array, mask: Array, lr: float, steps: Sequence[int]
) -> Array:
    """Singular values of the end-to-end matrix at the given steps of gradient descent.

    Args:
        factors: (N, d, d) start. A, mask, lr: as in `deep_mf`.
        steps: T increasing step counts, >= 0.

    Returns:
        (T, d) float64 numpy array, each row in decreasing order.

    Raises:
        ValueError, TypeError: an argument has the wrong shape, type or range.
    """
    counts = int_array("steps", np.asarray(steps), shape=("T",), low=0)
    if (np.diff(counts) < 0).any():
        raise error("steps", "increasing", list(steps))
    paths = []
    for count in np.diff(counts, prepend=0):
        factors = factor_descent(factors, A, mask, lr, int(count))
        paths.append(np.linalg.svdvals(end_to_end(factors)))
    return np.stack(paths)


def _checked(factors: Array, A: Array, mask: Array, lr: float) -> tuple[Any, Any, Any]:
    """Start, target (0 where unobserved) and lr * mask as contiguous float64 numpy arrays."""
    start = numpy_array("factors", factors).astype(np.float64)
    d = float_array("factors", start, shape=(..., "N", "d", "d"), finite=True).shape[-1]
    target = numpy_array("A", float_array("A", A, shape=(d, d))).astype(np.float64)
    observed = numpy_array("mask", mask)
    if observed.dtype != np.bool_ or observed.shape != (d, d):
        raise error("mask", f"a bool array of shape ({d}, {d})", observed)
    if not np.isfinite(target[observed]).all():
        raise error("A", "finite where observed", A)
    lr = real("lr", lr, low=0, open_low=True)
    return np.ascontiguousarray(start), np.where(observed, target, 0.0), lr * observed


def _descend(runs: Any, target: Any, step: Any, iters: int) -> None:
    """Move runs (K, N, d, d) in place by the loop that suits their size and number."""
    from tdlcourse import _factor_loops as loops

    count, depth, d, _ = runs.shape
    even = d + d % 2
    long = count * iters >= _COMPILE_FROM
    lanes = loops.lanes_loop(even) if long and count > 4 and even <= loops.WIDEST else None
    if lanes is None:
        chain = loops.descend_chain if long else _plain(loops.descend_chain)
        for factors in runs:
            chain(factors, target, step, iters, np.empty((0, d, d)))
        return
    pad = [(0, even - d)] * 2
    flat_target, flat_step = np.pad(target, pad).ravel(), np.pad(step, pad).ravel()
    for first in range(0, count, loops.LANES):
        group = runs[first : first + loops.LANES]
        room = np.zeros((depth, even, even, loops.LANES))
        room[:, :d, :d, : len(group)] = group.transpose(1, 2, 3, 0)
        lanes(room.reshape(depth, -1), flat_target, flat_step, iters)
        group[:] = room[:, :d, :d, : len(group)].transpose(3, 0, 1, 2)


def _plain(function: Any) -> Any:
    return getattr(function, "py_func", function)
