"""Inverse of the binary kl divergence, as PAC-Bayes bounds need it: 1e5 pairs."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from tdlcourse.pacbayes import kl_inv
from theory_cases import Case

_RNG = np.random.default_rng(0)
_Q = _RNG.uniform(0, 1, 100_000)
_C = 10.0 ** _RNG.uniform(-6, 1, 100_000)
_NAIVE = 2_000


def _kl(q: float, p: float) -> float:
    return q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))


def _root(q: float, c: float) -> float:
    top = 1 - 1e-15
    return top if _kl(q, top) <= c else brentq(lambda p: _kl(q, p) - c, q, top, xtol=1e-13)


def _loop() -> list[float]:
    return [_root(q, c) for q, c in zip(_Q[:_NAIVE], _C[:_NAIVE], strict=True)]


def _bisection() -> np.ndarray:
    """The other vectorised way: 50 halvings."""
    low, high = _Q.copy(), np.full_like(_Q, 1 - 1e-15)
    for _ in range(50):
        middle = (low + high) / 2
        above = _kl(_Q, middle) > _C
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def _error(result: object) -> float:
    """Against bisection with the divergence in the form that loses no digits."""
    v_low, v_high = np.zeros_like(_Q), (_C - _Q * np.log(_Q)) / (1 - _Q)
    for _ in range(80):
        v = (v_low + v_high) / 2
        kl = (1 - _Q) * v - _Q * np.log1p(-np.expm1(-v) * (1 - _Q) / _Q)
        v_low, v_high = np.where(kl > _C, v_low, v), np.where(kl > _C, v, v_high)
    return float(abs(_Q - (1 - _Q) * np.expm1(-v_low) - result).max())


CASES = [
    Case(
        name="klinv",
        title="inverse kl of 1e5 pairs (q, c)",
        naive=_loop,
        share=_NAIVE / len(_Q),
        ours=lambda: kl_inv(_Q, _C),
        best={"vectorised bisection": _bisection},
        target=600,
        error=_error,
        bound=1e-12,
    )
]
