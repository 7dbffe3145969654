"""How good a model is on examples that it is not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tdlcourse._validate import error, integer
from tdlcourse.training._batches import Examples


def accuracy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Part of the examples whose largest output (n, K) is at their label (n,)."""
    return (outputs.argmax(1) == labels).float().mean()


@torch.no_grad()
def evaluate(
    model: nn.Module,
    data: Examples,
    metrics: Mapping[str, Any] | None = None,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
    batch_size: int = 1000,
) -> dict[str, float]:
    """Mean loss and metrics of a model in evaluation mode, which it leaves again.

    Args:
        model: any module.
        data: what to evaluate it on.
        metrics: name -> function (outputs, labels) -> mean over the batch, or an object with
            update, compute and reset, as torchmetrics has them; accuracy if absent. The name
            "loss" is taken.
        loss: mean over the batch.
        batch_size: examples at once.

    Returns:
        "loss" and each metric, over all examples.

    Raises:
        ValueError: sizes disagree, or a metric is named "loss".
    """
    data.checked("data")
    if metrics is not None and "loss" in metrics:
        raise error("metrics", "named otherwise than the loss", sorted(metrics))
    chosen = {"loss": loss, **({"accuracy": accuracy} if metrics is None else metrics)}
    stateful = {name: m for name, m in chosen.items() if hasattr(m, "compute")}
    exact = torch.float32 if data.X.device.type == "mps" else torch.float64  # mps has no float64
    sums = {name: data.X.new_zeros((), dtype=exact) for name in chosen}
    size = integer("batch_size", batch_size, low=1)
    for metric in stateful.values():
        metric.reset()
    modes = [(module, module.training) for module in model.modules()]  # parts may be frozen
    model.eval()
    try:
        _add_up(model, data, size, chosen, sums)
    finally:
        for module, mode in modes:
            module.training = mode
    results = {name: float(value) for name, value in sums.items() if name not in stateful}
    for name, metric in stateful.items():
        results[name] = float(metric.compute())
        metric.reset()
    return results


def _add_up(
    model: nn.Module,
    data: Examples,
    size: int,
    metrics: Mapping[str, Any],
    sums: Mapping[str, Tensor],
) -> None:
    """Update stateful metrics, and add the others' parts in the mean over all examples to sums."""
    for first in range(0, len(data.X), size):
        X, y = data.X[first : first + size], data.y[first : first + size]
        outputs = model(X)
        for name, metric in metrics.items():
            if hasattr(metric, "compute"):
                metric.update(outputs, y)
            else:
                sums[name] += metric(outputs, y) * (len(X) / len(data.X))
