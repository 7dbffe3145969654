"""Deep matrix factorisation, depth 3, d = 10: a million steps of gradient descent."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from tdlcourse.dynamics import conservation_error, factor_descent, gaussian_factors
from theory_cases import Case

_STEPS, _NAIVE, _LR, _SEEDS = 1_000_000, 3_000, 1e-3, 32
_RNG = np.random.default_rng(0)
_TARGET = _RNG.normal(size=(10, 2)) @ _RNG.normal(size=(2, 10))
_MASK = _RNG.random((10, 10)) < 0.6
_STARTS = np.stack([gaussian_factors(10, 3, 0.1, np.random.default_rng(s)) for s in range(_SEEDS)])


def _autograd(start: np.ndarray = _STARTS[0]) -> np.ndarray:
    """The loop of a course notebook."""
    factors = [nn.Parameter(torch.tensor(f)) for f in start]
    target, mask = torch.tensor(_TARGET), torch.tensor(_MASK)
    optimizer = torch.optim.SGD(factors, lr=_LR)
    for _ in range(_NAIVE):
        optimizer.zero_grad()
        product = factors[2] @ factors[1] @ factors[0]
        loss = ((product - target) * mask).square().sum() / 2
        loss.backward()
        optimizer.step()
    return torch.stack([f.detach() for f in factors]).numpy()


def _short_error(starts: np.ndarray) -> float:
    """Largest distance from autograd after its steps."""
    short = factor_descent(starts, _TARGET, _MASK, _LR, _NAIVE)
    return max(float(abs(ours - _autograd(s)).max()) for ours, s in zip(short, starts, strict=True))


def _error_one(result: object) -> float:
    """Distance from autograd, and violation of the balance law over all steps."""
    law = conservation_error(_STARTS[0], _TARGET, _MASK, _LR, _STEPS)
    return max(_short_error(_STARTS[:1]), law)


def _error_all(result: object) -> float:
    """Distance of three of the runs from their own loop, and of all short ones from autograd."""
    picked = [0, 15, 31]
    alone = [factor_descent(_STARTS[s], _TARGET, _MASK, _LR, _STEPS) for s in picked]
    together = result[picked]  # type: ignore[index]
    return max(_short_error(_STARTS[:8]), float(abs(together - np.stack(alone)).max()))


CASES = [
    Case(
        name="factors",
        title="deep matrix factorisation, depth 3, 10 x 10, 1e6 steps, one start",
        naive=_autograd,
        share=_NAIVE / _STEPS,
        ours=lambda: factor_descent(_STARTS[0], _TARGET, _MASK, _LR, _STEPS),
        target=70,
        error=_error_one,
        bound=1e-10,
    ),
    Case(
        name="factors32",
        title="the same from 32 starts together",
        naive=_autograd,
        share=_NAIVE / (_STEPS * _SEEDS),
        ours=lambda: factor_descent(_STARTS, _TARGET, _MASK, _LR, _STEPS),
        target=180,
        error=_error_all,
        bound=1e-10,
    ),
]
