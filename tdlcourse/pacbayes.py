"""PAC-Bayes bounds: inverse binary kl divergence, Gaussian KL, and the bounds made of them.

kl(q, p) = q log(q / p) + (1 - q) log((1 - q) / (1 - p)) is the divergence of two Bernoulli laws, in
nats. With probability 1 - delta over n samples, kl(empirical, true) <= c for the Gibbs classifier
of every posterior; `kl_inv` turns that into a bound on the true error.
"""

from __future__ import annotations

import math

import numpy as np

from tdlcourse._validate import (
    Array,
    choice,
    error,
    float_array,
    integer,
    is_tensor,
    namespace,
    numpy_array,
    real,
)

_BLOCK = 6000  # numbers at a time: temporaries stay in the cache and below malloc's trim size
_LEAST = 1e-32  # p - q <= sqrt(c / 2) by Pinsker: below this c, p is q to rounding
_MOST = 50.0  # 1 - p <= exp(-c): beyond this c, p is 1 to rounding


def kl_inv(q: Array, c: Array) -> Array:
    """Largest p with kl(q, p) <= c: the upper root, between q and 1.

    Args:
        q: empirical errors in [0, 1].
        c: bounds on the divergence, >= 0 (infinity allowed), in nats; broadcast against q.

    Returns:
        Array of the broadcast shape; error at most 1e-13. Computed in float64 without autograd: a
        tensor keeps its dtype and device but not its gradients, numpy arrays become float64.

    Raises:
        ValueError: q is outside [0, 1], c is negative, one of them is NaN, or the shapes do not
            broadcast.

    Source:
        Seeger 2002; Langford 2005. In v = log((1 - q) / (1 - p)) the divergence is convex and easy
        at both ends: v^2 (1 - q) / (2 q) for small c, (1 - q) v + q log q for large. From
        v = sqrt(2 c q / (1 - q)) + 2 c / (3 (1 - q)), two steps of Halley's method leave 3e-14 at
        every q and c; after the first it is 3e-5, and the order is cubic.
    """
    like = next((float_array("q", value) for value in (q, c) if is_tensor(value)), None)
    q64 = numpy_array("q", q).astype(np.float64, copy=False)
    c64 = numpy_array("c", c).astype(np.float64, copy=False)
    try:
        q64, c64 = np.broadcast_arrays(q64, c64)
    except ValueError:
        raise _unfit(q=q64, c=c64) from None
    p = np.empty(q64.shape)
    if p.size:
        if not (q64.min() >= 0 and q64.max() <= 1):  # also if NaN is among them
            raise error("q", "in [0, 1]", q)
        if not c64.min() >= 0:
            raise error("c", "non-negative", c)
        _fill_upper_roots(q64.ravel(), c64.ravel(), p.reshape(-1))
    return p[()] if like is None else float_array("p", p, like=like)


def _unfit(**arrays: Array) -> Exception:
    shapes = ", ".join(str(tuple(array.shape)) for array in arrays.values())
    return error(", ".join(arrays), "of shapes that broadcast", shapes)


def _fill_upper_roots(q: Array, c: Array, p: Array) -> None:
    inner_q, inner_c = q, c
    if q.min() < 1e-300 or q.max() == 1 or c.min() < _LEAST or c.max() > _MOST:
        inner_q, inner_c = q.clip(1e-300, 1 - 2**-53), c.clip(_LEAST, _MOST)
    for start in range(0, len(p), _BLOCK):
        block = slice(start, start + _BLOCK)
        np.maximum(_upper_root(inner_q[block], inner_c[block]), q[block], out=p[block])
    if c.min() == 0:
        p[c == 0] = q[c == 0]


def _upper_root(q: Array, c: Array) -> Array:
    rest = 1 - q
    odds, scaled, half = q / rest, c / rest, q / 2
    v = np.sqrt(2 * c * odds) + scaled * (2 / 3)
    for _ in range(2):
        m = np.expm1(-v)  # (q - p) / (1 - q); log1p and expm1 keep all digits for small v
        excess = np.log1p(m / -odds)  # becomes (kl(q, p) - c) / (1 - q), without temporaries
        excess *= -odds
        excess += v
        excess -= scaled
        step = q - rest * m  # p
        step *= m
        step *= excess
        step /= m * m - (half * excess) * (1 + m)
        v += step
    return q - rest * np.expm1(-v)


def gaussian_kl(mean_q: Array, var_q: Array, mean_p: Array, var_p: Array) -> Array:
    """KL(N(mean_q, diag var_q) || N(mean_p, diag var_p)), in nats.

    Args:
        mean_q: (..., d).
        var_q, mean_p, var_p: broadcast against mean_q, so a number stands for d equal ones;
            variances (not standard deviations), positive.

    Returns:
        (...) divergences; torch arguments keep their gradients.

    Raises:
        ValueError: a variance is not positive, a mean is not finite, or the shapes do not
            broadcast.

    Source:
        1/2 sum (var_q / var_p + (mean_q - mean_p)^2 / var_p - 1 - log(var_q / var_p)).
    """
    arguments = (mean_q, var_q, mean_p, var_p)
    like = next((value for value in arguments if is_tensor(value)), None)
    mean_q = float_array("mean_q", mean_q, like=like, finite=True)
    var_q = float_array("var_q", var_q, like=mean_q)
    mean_p = float_array("mean_p", mean_p, like=mean_q, finite=True)
    var_p = float_array("var_p", var_p, like=mean_q)
    for name, variance in (("var_q", var_q), ("var_p", var_p)):
        if not bool((variance > 0).all()):
            raise error(name, "positive", variance)
    try:
        np.broadcast_shapes(*(tuple(a.shape) for a in (mean_q, var_q, mean_p, var_p)))
    except ValueError:
        raise _unfit(mean_q=mean_q, var_q=var_q, mean_p=mean_p, var_p=var_p) from None
    xp = namespace(mean_q)
    ratio = var_q / var_p
    # log1p: the divergence of two almost equal variances is a small difference of large numbers.
    # Far from 1, ratio - 1 forgets a small ratio. Unchosen branches get 1, for their gradients.
    near = (ratio > 0.5) & (ratio < 2)
    log_near = xp.log1p(xp.where(near, ratio, 1.0) - 1)
    log_ratio = xp.where(near, log_near, xp.log(xp.where(near, 1.0, ratio)))
    terms = (mean_q - mean_p) ** 2 / var_p + (ratio - 1 - log_ratio)
    return 0.5 * terms.sum(-1)


def pac_bayes_bound(
    emp: Array,
    KL: Array,
    n: int,
    delta: float,
    mc: int | None = None,
    *,
    constant: str = "maurer",
) -> Array:
    """Upper bound on the error of a Gibbs classifier that holds with probability 1 - delta.

    kl_inv(e, (KL + log(2 sqrt(n) / delta')) / n) with e a bound on the empirical Gibbs error.

    Args:
        emp: 0-1 error of the Gibbs classifier on the sample, in [0, 1]: exact, or the mean over
            `mc` classifiers drawn independently from the posterior. Not a surrogate loss.
        KL: KL(posterior || prior) in nats, >= 0; the prior must not depend on the sample.
        n: sample size, >= 2.
        delta: probability of failure, in (0, 1).
        mc: number of drawn classifiers; None for an exact `emp`. If given, half of delta is spent
            on them, e = kl_inv(emp, log(2 / delta) / mc), and half on the PAC-Bayes bound.
        constant: "maurer", or "langford" for (KL + log(n / delta')) / (n - 1).

    Returns:
        Array of the broadcast shape of emp and KL; at most 1. As `kl_inv`: without gradients, and
        numpy arrays become float64.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        Maurer, "A note on the PAC Bayesian theorem", 2004, theorem 5 (n >= 8; smaller n are refused
        for it); Langford & Seeger 2001 with the sampling correction of Langford & Caruana 2001, as
        in Dziugaite & Roy 2017.
    """
    choice("constant", constant, ("maurer", "langford"))
    n = integer("n", n, low=8 if constant == "maurer" else 2)
    delta = real("delta", delta, low=0, high=1, open_low=True, open_high=True)
    like = next((value for value in (emp, KL) if is_tensor(value)), None)
    emp, KL = float_array("emp", emp, like=like), float_array("KL", KL, like=like)
    if not bool((KL >= 0).all()):
        raise error("KL", "non-negative", KL)
    if mc is not None:
        delta = delta / 2
        emp = kl_inv(emp, math.log(1 / delta) / integer("mc", mc, low=1))
    if constant == "maurer":
        return kl_inv(emp, (KL + math.log(2 * math.sqrt(n) / delta)) / n)
    return kl_inv(emp, (KL + math.log(n / delta)) / (n - 1))
