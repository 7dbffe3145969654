"""Curvature of a 64-16-10 tanh network's loss on the 1797 digits: 1210 parameters."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh
from sklearn.datasets import load_digits

from tdlcourse.curvature import Eigenpairs, hvp, lanczos
from tdlcourse.hessian import mlp_hessian
from theory_cases import Case

_TOP = 10
_X, _Y = (torch.tensor(a) for a in load_digits(return_X_y=True))
_X = _X / 16
_SHAPES = [(16, 64), (16,), (10, 16), (10,)]
_SIZES = [1024, 16, 160, 10]


def _parts(vector: torch.Tensor) -> list[torch.Tensor]:
    return [p.view(s) for p, s in zip(vector.split(_SIZES), _SHAPES, strict=True)]


def _loss(vector: torch.Tensor) -> torch.Tensor:
    W1, b1, W2, b2 = _parts(vector)
    return torch.nn.functional.cross_entropy(torch.tanh(_X @ W1.T + b1) @ W2.T + b2, _Y)


@cache
def _point() -> torch.Tensor:
    """A random start, and 200 steps of gradient descent."""
    gen = torch.Generator().manual_seed(0)
    W1, W2 = (torch.randn(s, generator=gen, dtype=torch.float64) for s in (_SHAPES[0], _SHAPES[2]))
    zeros = torch.zeros(26, dtype=torch.float64)
    w = torch.cat([(W1 / 8).flatten(), zeros[:16], (W2 / 4).flatten(), zeros[16:]])
    for _ in range(200):
        w = w - 0.5 * torch.func.grad(_loss)(w)
    return w


def _structured() -> torch.Tensor:
    W1, b1, W2, b2 = _parts(_point())
    return mlp_hessian([W1, W2], [b1, b2], _X, _Y, "tanh")


def _torch_hessian() -> torch.Tensor:
    return torch.func.hessian(_loss)(_point())


def _hessian_error(result: object) -> float:
    expected = _torch_hessian()
    return float(abs(result - expected).max() / abs(expected).max())


def _product(v: torch.Tensor) -> torch.Tensor:
    return hvp(_loss, _point(), v)


def _power_iterations() -> list[float]:
    """Deflated power iterations, each until its eigenvalue moves by less than 1e-3."""
    gen = torch.Generator().manual_seed(0)
    values, vectors = [], torch.empty(0, len(_point()), dtype=torch.float64)
    for _ in range(_TOP):
        v, value = torch.randn(len(_point()), generator=gen, dtype=torch.float64), 0.0
        while True:
            v = v - vectors.T @ (vectors @ v)
            v, before = v / v.norm(), value
            image = _product(v)
            value = float(v @ image)
            if abs(value - before) <= 1e-3 * abs(value):
                break
            v = image
        values.append(value)
        vectors = torch.cat([vectors, v[None]])
    return values


def _arpack() -> np.ndarray:
    operator = LinearOperator((len(_point()),) * 2, _numpy_product, dtype=float)
    return eigsh(operator, _TOP, which="LA", tol=1e-10, v0=np.ones(len(_point())))[0]


def _numpy_product(v: np.ndarray) -> np.ndarray:
    return _product(torch.tensor(v.ravel())).numpy()


def _eigenvalue_error(result: object) -> float:
    assert isinstance(result, Eigenpairs)
    expected = torch.linalg.eigvalsh(_torch_hessian()).flip(0)[:_TOP]
    return float((result.values / expected - 1).abs().max())


CASES = [
    Case(
        name="hessian",
        title="full Hessian, 64-16-10 tanh network on 1797 digits, P = 1210",
        naive=_torch_hessian,
        ours=_structured,
        target=14,
        error=_hessian_error,
        bound=1e-12,
    ),
    Case(
        name="eigenvalues",
        title="10 largest eigenvalues of that Hessian (naive: power iterations to 1e-3)",
        naive=_power_iterations,
        ours=lambda: lanczos(_product, len(_point()), _TOP, torch.Generator().manual_seed(0)),
        best={"scipy ARPACK": _arpack},
        target=3,
        error=_eigenvalue_error,
        bound=1e-10,
    ),
]
