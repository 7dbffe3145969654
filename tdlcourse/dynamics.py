"""Gradient descent on deep linear networks: modes, end-to-end dynamics, matrix factorisation.

A network of depth N is W = W_N ... W_1. Factors are counted from the input: `factors[0]` is W_1.
Under gradient flow from a balanced start, W_{j+1}^T W_{j+1} = W_j W_j^T for all times, depth acts
on W alone as a preconditioner, and singular values move as

    d sigma / dt = -N sigma^(2 - 2/N) <dL/dW, u v^T>:

the large ones learn first, which is how gradient descent finds matrices of low rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tdlcourse._factorisation import balance_gaps as balance_gaps
from tdlcourse._factorisation import conservation_error as conservation_error
from tdlcourse._factorisation import deep_mf as deep_mf
from tdlcourse._factorisation import end_to_end as end_to_end
from tdlcourse._factorisation import factor_descent as factor_descent
from tdlcourse._factorisation import gaussian_factors as gaussian_factors
from tdlcourse._factorisation import singular_value_paths as singular_value_paths
from tdlcourse._validate import (
    Array,
    error,
    float_array,
    integer,
    is_tensor,
    namespace,
    numpy_array,
    real,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def saxe_mode(t: Array, s: Array, u0: Array, tau: Array = 1.0) -> Array:
    """Strength u(t) of a mode of a two-layer linear network, tau du/dt = 2 u (s - u), u(0) = u0.

    Args:
        t: time, >= 0. All four arguments broadcast.
        s: singular value of the input-output correlation, >= 0: where u goes.
        u0: initial strength, > 0.
        tau: time constant, > 0: 1 / (learning rate) in steps of the loss 1/2 ||Y - W X||^2 with
            whitened inputs.

    Returns:
        Array of the broadcast shape. Learning takes about tau / (2 s) log(s / u0).

    Raises:
        ValueError: an argument is out of its range.

    Source:
        Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
        linear neural networks", 2014, section 1. Their form divides two numbers that overflow when
        t is large; here both are divided by exp(2 s t / tau). For s = 0 it is the limit
        u0 / (1 + 2 u0 t / tau).
    """
    like = next((value for value in (t, s, u0, tau) if is_tensor(value)), None)
    t, s = float_array("t", t, like=like), float_array("s", s, like=like)
    u0, tau = float_array("u0", u0, like=like), float_array("tau", tau, like=like)
    for name, value, positive in (("t", t, 0), ("s", s, 0), ("u0", u0, 1), ("tau", tau, 1)):
        if not bool((value > 0 if positive else value >= 0).all()):
            raise error(name, "positive" if positive else "non-negative", value)
    xp = namespace(t)
    exponent = 2 * s * xp.where((s > 0) | xp.isfinite(t), t, 0.0) / tau  # at s = 0, not 0 * inf
    gone = xp.where(s > 0, -xp.expm1(-exponent) / xp.where(s > 0, s, 1.0), 2 * t / tau)
    return u0 / (xp.exp(-exponent) + u0 * gone)


def end_to_end_update(W: Array, G: Array, N: int, eta: float) -> Array:
    """The end-to-end matrix after a step of size eta on each of N balanced factors, to order eta.

    W - eta * sum_{j=1}^N (W W^T)^((j-1)/N) G (W^T W)^((N-j)/N)

    Args:
        W: (..., m, n) product of the factors.
        G: (..., m, n) gradient of the loss in W.
        N: depth, >= 1; 1 is plain gradient descent.
        eta: learning rate, >= 0.

    Returns:
        (..., m, n), dtype and kind of W.

    Raises:
        ValueError: shapes or ranges are wrong.

    Source:
        Arora, Cohen & Hazan, "On the optimization of deep networks: implicit acceleration by
        overparameterization", 2018, theorem 1, without weight decay. A power 0 is the identity,
        also on the kernel of W.
    """
    W = float_array("W", W, shape=(..., "m", "n"))
    G = float_array("G", G, shape=tuple(W.shape), like=W)
    N, eta = integer("N", N, low=1), real("eta", eta, low=0)
    xp = namespace(W)
    u, sigma, vh = xp.linalg.svd(W, full_matrices=True)
    left = _padded(sigma, W.shape[-2])[..., :, None]  # singular values of W W^T, as powers of two
    right = _padded(sigma, W.shape[-1])[..., None, :]
    gain = sum(left ** (2 * (j - 1) / N) * right ** (2 * (N - j) / N) for j in range(1, N + 1))
    return W - eta * (u @ (gain * (u.mT @ G @ vh.mT)) @ vh)


def _padded(sigma: Array, size: int) -> Array:
    xp = namespace(sigma)
    zero = xp.zeros_like(sigma[..., :1])
    return xp.concatenate([sigma, *[zero] * (size - sigma.shape[-1])], -1)


def effective_rank(M: Array) -> Array:
    """exp of the entropy (in nats) of the singular values, normalised to sum 1.

    Between 1 and the rank; equal to the rank if all non-zero singular values are equal.

    Args:
        M: (..., m, n), not zero.

    Returns:
        (...) effective ranks.

    Raises:
        ValueError: a matrix is zero.

    Source:
        Roy & Vetterli, "The effective rank", 2007. The weights are sigma / sum(sigma), not squares.
    """
    M = float_array("M", M, shape=(..., "m", "n"), finite=True)
    xp = namespace(M)
    sigma = xp.linalg.svdvals(M)
    total = sigma.sum(-1)
    if not bool((total > 0).all()):
        raise error("M", "a non-zero matrix", M)
    p = sigma / total[..., None]
    return xp.exp(-(p * xp.log(xp.where(p > 0, p, 1.0))).sum(-1))


def plot_singular_values(
    steps: Sequence[int], values: Array, *, target: Array | None = None, ax: Axes | None = None
) -> Axes:
    """Singular values over training, as drawn from `singular_value_paths`.

    Args:
        steps: (T,) step counts.
        values: (T, r).
        target: (k,) values to mark by dashed lines, for example those of A.
        ax: axes to draw on; None makes new ones.

    Returns:
        The axes.
    """
    import matplotlib.pyplot as plt

    axes = plt.subplots(figsize=(6, 4), layout="constrained")[1] if ax is None else ax
    paths = numpy_array("values", values)
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, paths.shape[1]))
    for k, colour in enumerate(colours):
        axes.plot(steps, paths[:, k], color=colour)
    for level in () if target is None else numpy_array("target", target):
        axes.axhline(level, color="0.6", linestyle="--", linewidth=0.8, zorder=0)
    axes.set(xlabel="step of gradient descent", ylabel="singular value of $W_N \\cdots W_1$")
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
