"""Analytic Gaussian process and tangent kernels of 3 ReLU layers on the 1797 digits."""

from __future__ import annotations

import mpmath
import numpy as np
from sklearn.datasets import load_digits

from tdlcourse.kernels import Kernels, ntk_relu
from theory_cases import Case

_DEPTH = 3
_X = load_digits().data
_ROWS = 128  # of the naive loop; each of them costs the same


def _entry(x: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    sigma = theta = x @ z
    norms = np.linalg.norm(x) * np.linalg.norm(z)
    for _ in range(_DEPTH):
        cosine = max(-1.0, min(1.0, sigma / norms))
        angle = np.arccos(cosine)
        sigma = norms * (np.sin(angle) + (np.pi - angle) * cosine) / np.pi
        theta = sigma + theta * (np.pi - angle) / np.pi
    return sigma, theta


def _loop() -> tuple[np.ndarray, np.ndarray]:
    nngp, ntk = np.empty((_ROWS, len(_X))), np.empty((_ROWS, len(_X)))
    for i in range(_ROWS):
        for j in range(len(_X)):
            nngp[i, j], ntk[i, j] = _entry(_X[i], _X[j])
    return nngp, ntk


def _vectorised() -> tuple[np.ndarray, np.ndarray]:
    norm = np.linalg.norm(_X, axis=1)
    norms = np.outer(norm, norm)
    sigma = theta = _X @ _X.T
    for _ in range(_DEPTH):
        cosine = np.clip(sigma / norms, -1, 1)
        angle = np.arccos(cosine)
        sigma = norms * (np.sin(angle) + (np.pi - angle) * cosine) / np.pi
        theta = sigma + theta * (np.pi - angle) / np.pi
    return sigma, theta


def _precise(x: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """The same recursion with 50 digits; pixels are integers."""
    with mpmath.workdps(50):
        dot = mpmath.mpf(int(x @ z))
        norms = mpmath.sqrt(int(x @ x)) * mpmath.sqrt(int(z @ z))
        sigma = theta = dot
        for _ in range(_DEPTH):
            cosine = min(mpmath.mpf(1), sigma / norms)
            angle = mpmath.acos(cosine)
            sigma = norms * (mpmath.sin(angle) + (mpmath.pi - angle) * cosine) / mpmath.pi
            theta = sigma + theta * (mpmath.pi - angle) / mpmath.pi
        return float(sigma / norms), float(theta / norms)


def _error(result: object) -> float:
    """Relative to |x||x'|: the diagonal, the most similar images, and 300 pairs at random."""
    assert isinstance(result, Kernels)
    squares = (_X**2).sum(axis=1)
    worst = abs(np.diag(result.nngp) / squares - 1).max()
    worst = max(worst, abs(np.diag(result.ntk) / squares - (_DEPTH + 1)).max())
    norms = np.sqrt(np.outer(squares, squares))
    near = np.argsort(np.triu(_X @ _X.T / norms, 1), axis=None)[-300:]
    pairs = np.concatenate([near, np.random.default_rng(0).integers(0, norms.size, 300)])
    for i, j in zip(*np.unravel_index(pairs, norms.shape), strict=True):
        for kernel, expected in zip(result, _precise(_X[i], _X[j]), strict=True):
            worst = max(worst, abs(kernel[i, j] / norms[i, j] - expected))
    return float(worst)


CASES = [
    Case(
        name="nngp",
        title="analytic NNGP and NTK, 3 ReLU layers, 1797 digits",
        naive=_loop,
        share=_ROWS / len(_X),
        ours=lambda: ntk_relu(_X, depth=_DEPTH),
        best={"vectorised arccos recursion": _vectorised},
        target=190,
        error=_error,
        bound=1e-12,
    )
]
