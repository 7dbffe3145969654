"""A thousand small classifiers of the digits, each with its own seed, rate and minibatches."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tdlcourse.ensemble import (
    _train_batched,
    minibatches,
    mlp_parameters,
    train_mlps,
)
from theory_cases import Case

_WIDTHS = [64, 32, 32, 10]
_COUNT, _STEPS, _BATCH, _NAIVE = 1000, 100, 32, 10
_IMAGES, _LABELS = (torch.as_tensor(a) for a in load_digits(return_X_y=True))
_IMAGES = (_IMAGES / 16).float()
_START = mlp_parameters(_WIDTHS, range(_COUNT))
_RATES = torch.logspace(-2, -0.5, _COUNT)
_ORDER = minibatches(len(_IMAGES), _BATCH, _STEPS, range(_COUNT))


def _one(k: int) -> Tensor:
    """The loop of every tutorial."""
    torch.manual_seed(k)
    layers = [nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10)]
    model = nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=float(_RATES[k]))
    for batch in _ORDER[k]:
        optimizer.zero_grad()
        cross_entropy(model(_IMAGES[batch]), _LABELS[batch]).backward()
        optimizer.step()
    return nn.utils.parameters_to_vector(model.parameters()).detach()


def _some() -> list[Tensor]:
    return [_one(k) for k in range(_NAIVE)]


def _error(result: object) -> float:
    """Against the sequential loop, for networks with rates from the least to the greatest."""
    trained = result[0]  # type: ignore[index]
    picked = range(0, _COUNT, 111)
    return max(float((trained[k] - _one(k)).abs().max()) for k in picked)


CASES = [
    Case(
        name="ensemble",
        title="1000 MLPs 64-32-32-10, 100 steps of 32 examples each",
        naive=_some,
        share=_NAIVE / _COUNT,
        ours=lambda: train_mlps(_START, _WIDTHS, _IMAGES, _LABELS, _RATES, _ORDER),
        best={
            "batched products in torch": lambda: _train_batched(
                _START, _WIDTHS, _IMAGES, _LABELS, _RATES, _ORDER, "relu"
            )
        },
        target=20,
        error=_error,
        bound=1e-5,
    )
]
