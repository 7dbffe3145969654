"""A training step recorded once as a CUDA graph, and then launched as one piece.

A small network's step is dozens of kernels that take microseconds each; launching them one by one
costs more than running them. A graph replays them from fixed addresses: so batches are copied into
the tensors that were recorded, and nothing may wait for the device in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tdlcourse._validate import error
from tdlcourse.training._batches import Examples
from tdlcourse.training._run import Run

_WARM_UP = 3  # steps before recording; torch's advice


class GraphedStep:
    """Does what `step` does, by replaying it.

    Args:
        step: makes one step of the optimizer.
        run: whose weights, buffers and optimizer the step changes.
        sample: a batch of the size of all that will come.

    Raises:
        ValueError: the optimizer or its learning rate can't be recorded.
    """

    def __init__(self, step: Callable[[Tensor, Tensor], Tensor], run: Run, sample: Examples):
        _check_optimizer(run)
        self.X, self.y = sample.X.clone(), sample.y.clone()
        before = _snapshot(run)
        random = torch.cuda.get_rng_state(run.device)
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # makes the optimizer's state, tunes kernels
            for _ in range(_WARM_UP):
                step(self.X, self.y)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.value = step(self.X, self.y)
        _restore(run, before)
        torch.cuda.set_rng_state(random, run.device)

    def __call__(self, X: Tensor, y: Tensor) -> Tensor:
        self.X.copy_(X)
        self.y.copy_(y)
        self.graph.replay()
        return self.value.clone()


def _check_optimizer(run: Run) -> None:
    for group in run.optimizer.param_groups:
        if not (group.get("capturable") or group.get("fused")):
            raise error("optimizer", "made with capturable=True or fused=True", "neither")
        if run.schedule is not None and not isinstance(group["lr"], Tensor):
            raise error("lr", "a tensor where cuda_graph has a schedule", group["lr"])
        if group.get("dampening"):  # its first step differs from all later ones
            raise error("dampening", "0 where cuda_graph is on", group["dampening"])


def _snapshot(run: Run) -> dict[int, Tensor]:
    """Copies of everything a step changes, by identity of the tensor."""
    return {id(t): t.detach().clone() for t in _changing(run)}


@torch.no_grad()
def _restore(run: Run, before: dict[int, Tensor]) -> None:
    """Undo the warm-up in place; optimizer state that is new to it starts from zero."""
    for tensor in _changing(run):
        if id(tensor) in before:
            tensor.copy_(before[id(tensor)])
        else:
            tensor.zero_()


def _changing(run: Run) -> list[Tensor]:
    states: list[Any] = [v for s in run.optimizer.state.values() for v in s.values()]
    tensors = [*run.model.parameters(), *run.model.buffers(), *states]
    return [t for t in tensors if isinstance(t, Tensor)]
