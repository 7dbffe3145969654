"""Empirical tangent kernel of a 64-512-512-1 ReLU network on 512 inputs, float64."""

from __future__ import annotations

import math

import numpy as np
import torch

from tdlcourse.kernels import empirical_ntk
from theory_cases import Case

_RNG = np.random.default_rng(0)
_SIZES = (64, 512, 512, 1)
_Ws = [
    torch.tensor(_RNG.normal(size=(o, i)) * math.sqrt(2 / i))
    for i, o in zip(_SIZES[:-1], _SIZES[1:], strict=True)
]
_bs = [torch.tensor(_RNG.normal(size=o) / 10) for o in _SIZES[1:]]
_X = torch.tensor(_RNG.normal(size=(512, 64)))
_PARAMETERS = [p for pair in zip(_Ws, _bs, strict=True) for p in pair]


def _network(parameters: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    for W, b in zip(parameters[0:-2:2], parameters[1:-2:2], strict=True):
        x = torch.relu(W @ x + b)
    return (parameters[-2] @ x + parameters[-1])[0]


def _sample_by_sample() -> torch.Tensor:
    parameters = [p.clone().requires_grad_() for p in _PARAMETERS]
    rows = []
    for x in _X:
        grads = torch.autograd.grad(_network(parameters, x), parameters)
        rows.append(torch.cat([g.flatten() for g in grads]))
    jacobian = torch.stack(rows)
    return jacobian @ jacobian.T


def _vmap_of_jacrev() -> torch.Tensor:
    rows = torch.vmap(torch.func.jacrev(_network), (None, 0))(_PARAMETERS, _X)
    return sum(r.flatten(1) @ r.flatten(1).T for r in rows)


def _error(result: object) -> float:
    expected = _sample_by_sample()
    return float(abs(result - expected).max() / abs(expected).max())


CASES = [
    Case(
        name="ntk",
        title="empirical tangent kernel, MLP 64-512-512-1, 512 inputs, float64",
        naive=_sample_by_sample,
        ours=lambda: empirical_ntk(_Ws, _bs, _X),
        best={"torch.func vmap(jacrev)": _vmap_of_jacrev},
        target=150,
        error=_error,
        bound=1e-12,
    )
]
