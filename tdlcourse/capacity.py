"""Capacity of function classes and the risk it is meant to predict.

Classical measures (growth function, Rademacher complexity, spectral norms) and the exact risk of
minimum-norm least squares, which none of them explains.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tdlcourse._validate import (
    Array,
    Generator,
    check_shape,
    error,
    float_array,
    int_array,
    integer,
    is_tensor,
    namespace,
    real,
    standard_uniform,
)

_ENUMERABLE = 20  # 2^19 sign vectors at most


def sauer_sum(n: int, d: int) -> int:
    """sum_{i <= d} C(n, i): most labellings of n points by a class of VC dimension d, exactly.

    Args:
        n: number of points, >= 0.
        d: VC dimension, >= 0.

    Returns:
        An exact integer, 2^n for n <= d and at most (e n / d)^d for n >= d >= 1.

    Raises:
        TypeError, ValueError: an argument is not an integer >= 0.

    Source:
        Sauer 1972; Shelah 1972; Vapnik & Chervonenkis 1971.
    """
    n, d = integer("n", n, low=0), integer("d", d, low=0)
    if n <= d:
        return 1 << n
    total, term = 0, 1
    for i in range(d + 1):
        total += term
        term = term * (n - i) // (i + 1)
    return total


def vc_bound(n: int, d: int, delta: float) -> float:
    """Gap between true and empirical error that no classifier of the class exceeds.

    sqrt(8 / n * log(4 S(2 n) / delta)), S the Sauer sum, with probability 1 - delta.

    Args:
        n: sample size, >= 1.
        d: VC dimension, >= 0; of order W L log W for ReLU networks with W weights in L layers, so
            L^2 p^2 for width p, up to the logarithm.
        delta: probability of failure, in (0, 1).

    Returns:
        The gap; above 1 it says nothing, which is so unless n is many times d.

    Raises:
        TypeError, ValueError: an argument has the wrong type or range.

    Source:
        Vapnik & Chervonenkis 1971, theorem 2, P(gap > e) <= 4 S(2n) exp(-n e^2 / 8). For networks:
        Bartlett, Harvey, Liaw & Mehrabian 2019.
    """
    n, d = integer("n", n, low=1), integer("d", d, low=0)
    delta = real("delta", delta, low=0, high=1, open_low=True, open_high=True)
    return math.sqrt(8 / n * (math.log(4 / delta) + _log_sauer_sum(2 * n, min(d, 2 * n))))


def _log_sauer_sum(n: int, d: int) -> float:
    """log of `sauer_sum` for d <= n, also where the integers have a million digits."""
    ratios = np.arange(n, n - d, -1.0) / np.arange(1.0, d + 1)
    log_terms = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    top = log_terms.max()
    return float(top + np.log(np.exp(log_terms - top).sum()))


def rademacher_linear(
    X: Array,
    B: float,
    exact: bool = True,
    *,
    draws: int = 10_000,
    gen: Generator | None = None,
) -> float:
    """Empirical Rademacher complexity of {x -> <w, x> : ||w|| <= B} on the points X.

    (B / n) E ||sum_i s_i x_i|| over independent signs s_i. It lies in [S / sqrt(2), S] with
    S = (B / n) sqrt(sum_i ||x_i||^2): above by Jensen, below by Khintchine with Szarek's constant.

    Args:
        X: (n, d) points.
        B: bound on the Euclidean norm of w, >= 0.
        exact: True enumerates the signs (n <= 20; 2^(n-1) d numbers at once, 4 MiB for each of
            the d coordinates at n = 20), False averages over random ones.
        draws: number of random sign vectors, if not exact.
        gen: their generator, needed if not exact.

    Returns:
        The complexity; for random signs with a standard error below S / sqrt(2 draws).

    Raises:
        ValueError: X is not a matrix of finite numbers, or has more than 20 rows for `exact`.

    Source:
        Bartlett & Mendelson 2002, lemma 22, in today's normalisation: 1 / n where they define with
        2 / n, and no absolute value inside the supremum, which would not change it for a symmetric
        class. Their complexity is twice this one. Lower bound: Latala & Oleszkiewicz 1994.
    """
    X = float_array("X", X, shape=("n", "d"), finite=True)
    B, n = real("B", B, low=0), integer("number of rows of X", X.shape[0], low=1)
    xp = namespace(X)
    if exact:
        integer("number of rows of X", n, high=_ENUMERABLE)
        sums = X[:1]  # s_1 = +1: the opposite signs have the same norms
        for x in X[1:]:
            sums = xp.concatenate([sums + x, sums - x])
    else:
        if gen is None:
            raise error("gen", "a generator if exact is False", gen, TypeError)
        size = (integer("draws", draws, low=1), n)
        coins = standard_uniform(gen, size, like=X) - 0.5
        sums = xp.copysign(xp.ones_like(coins), coins) @ X
    return float(B / n * xp.linalg.vector_norm(sums, axis=1).mean())


def spectral_complexity(
    Ws: Sequence[Array],
    margin: float = 1.0,
    *,
    references: Sequence[Array] | None = None,
    lipschitz: Sequence[float] | None = None,
) -> float:
    """Spectrally normalised margin complexity of a network x -> W_L s(... s(W_1 x)).

    prod_i (rho_i ||W_i||_2) * (sum_i (||(W_i - M_i)^T||_{2,1} / ||W_i||_2)^{2/3})^{3/2} / margin

    where ||A^T||_{2,1} adds up the Euclidean norms of the rows of A: one row is one neuron.

    Args:
        Ws: weight matrices (out, in), in the order of the layers; unfold convolutions to the matrix
            of their linear map first.
        margin: gamma > 0.
        references: matrices M_i, chosen before seeing data; None for zeros.
        lipschitz: constants rho_i of the activations; None for ones (ReLU, tanh).

    Returns:
        The complexity, without the norm of the data and the sample size: the bound of the theorem
        is of order (complexity) * ||X||_F / n * log(width), plus the share of margins below gamma.

    Raises:
        ValueError: shapes do not chain, a matrix is zero, or a range is wrong.

    Source:
        Bartlett, Foster & Telgarsky, "Spectrally-normalized margin bounds for neural networks",
        2017, eq. (1.2).
    """
    margin = real("margin", margin, low=0, open_low=True)
    weights = [float_array(f"Ws[{i}]", W, shape=("out", "in")) for i, W in enumerate(Ws)]
    if not weights:
        raise error("Ws", "at least one matrix", Ws)
    offsets = [0.0] * len(weights) if references is None else list(references)
    slopes = [1.0] * len(weights) if lipschitz is None else list(lipschitz)
    if not len(weights) == len(offsets) == len(slopes):
        raise error("references and lipschitz", "as long as Ws", (len(offsets), len(slopes)))
    product, ratios, width = 1.0 / margin, 0.0, weights[0].shape[1]
    for i, (W, M, slope) in enumerate(zip(weights, offsets, slopes, strict=True)):
        check_shape(f"Ws[{i}]", W, ("out", width))
        width, xp = W.shape[0], namespace(W)
        norm = float(xp.linalg.matrix_norm(W, ord=2))
        if not norm > 0:
            raise error(f"Ws[{i}]", "a non-zero matrix", W)
        moved = W
        if references is not None:
            moved = W - float_array(f"references[{i}]", M, shape=tuple(W.shape), like=W)
        rows = float(xp.linalg.vector_norm(moved, axis=1).sum())
        product *= real(f"lipschitz[{i}]", slope, low=0) * norm
        ratios += (rows / norm) ** (2 / 3)
    return float(product * ratios**1.5)


def ridgeless_risk(n: int, p: Array, sigma2: float, r2: float = 1.0) -> Array:
    """Expected excess risk E ||w_hat - w||^2 of minimum-norm least squares, exactly.

    Data y = X w + noise with n rows x ~ N(0, I_p); a new x has risk sigma2 more.

    Args:
        n: number of samples, >= 1.
        p: number of parameters, >= 1; may be an array for a whole curve.
        sigma2: variance of the noise, >= 0.
        r2: ||w||^2, >= 0.

    Returns:
        sigma2 p / (n - p - 1) for p < n - 1; r2 (1 - n / p) + sigma2 n / (p - n - 1) for p > n + 1;
        infinity where |p - n| <= 1 (for sigma2 > 0; without noise only the bias remains).

    Raises:
        TypeError, ValueError: an argument has the wrong type or range.

    Source:
        Mean of the inverse Wishart distribution; Breiman & Freedman 1983 (p < n), Belkin, Hsu & Xu
        2020 (p > n). With gamma = p / n fixed it tends to theorem 1 of Hastie et al. 2022.
    """
    n = integer("n", n, low=1)
    sigma2, r2 = real("sigma2", sigma2, low=0), real("r2", r2, low=0)
    counts = int_array("p", p if is_tensor(p) else np.asarray(p), low=1)
    xp = namespace(counts)
    p = float_array("p", counts)
    bias = r2 * xp.where(p > n, 1 - n / p, 0.0)
    if sigma2 == 0:
        return bias
    gap = xp.where(abs(p - n) > 1, abs(p - n) - 1, 1.0)
    variance = xp.where(p > n, float(n), p) / gap
    return bias + sigma2 * xp.where(abs(p - n) > 1, variance, math.inf)


def marchenko_pastur_edges(gamma: float, sigma2: float = 1.0) -> tuple[float, float]:
    """Smallest and largest non-zero eigenvalue sigma2 (1 -+ sqrt(gamma))^2 in the limit.

    Args:
        gamma, sigma2: as for `marchenko_pastur`.

    Raises:
        ValueError: gamma or sigma2 is not positive.

    Source:
        As `marchenko_pastur`.
    """
    gamma = real("gamma", gamma, low=0, open_low=True)
    sigma2 = real("sigma2", sigma2, low=0, open_low=True)
    return sigma2 * (1 - math.sqrt(gamma)) ** 2, sigma2 * (1 + math.sqrt(gamma)) ** 2


def marchenko_pastur(x: Array, gamma: float, sigma2: float = 1.0) -> Array:
    """Limit density at x of the eigenvalues of X^T X / n, for X (n, p) with p / n -> gamma.

    Args:
        x: where to evaluate, any shape.
        gamma: p / n, > 0.
        sigma2: variance of the independent, centred entries of X, > 0.

    Returns:
        Density of the continuous part, of total mass min(1, 1 / gamma); for gamma > 1 the rest,
        1 - 1 / gamma, is an atom at 0.

    Raises:
        ValueError: gamma or sigma2 is not positive, or an x is NaN.

    Source:
        Marchenko & Pastur 1967; Bai & Silverstein, "Spectral analysis of large dimensional random
        matrices", 2010, section 3.1, with their y = gamma.
    """
    low, high = marchenko_pastur_edges(gamma, sigma2)
    x = float_array("x", x)
    xp = namespace(x)
    if bool(xp.isnan(x).any()):
        raise error("x", "without NaN", x)
    inside = (x > low) & (x < high)
    safe = xp.where(inside, x, (low + high) / 2)
    density = xp.sqrt((high - safe) * (safe - low)) / (2 * math.pi * gamma * sigma2 * safe)
    return xp.where(inside, density, 0.0)
