"""One step: the lines that every training loop has, with torch's own switches between them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad_norm_

from tdlcourse.training._distributed import rank_and_size
from tdlcourse.training._options import Options
from tdlcourse.training._run import Run

Step: TypeAlias = Callable[[Tensor, Tensor], Tensor]  # inputs, labels -> mean loss before the step

_AMP = {"bf16": torch.bfloat16, "fp16": torch.float16}


def training_step(
    run: Run,
    options: Options,
    loss: Callable[[Tensor, Tensor], Tensor],
    device: torch.device,
) -> Step:
    """The function that takes a batch and makes one step of the optimizer."""
    model, optimizer, scaler = forward_module(run.model, options, device), run.optimizer, run.scaler
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    precision, scaled = _precision(options, device), scaler.is_enabled()
    optimizer.zero_grad()

    def backward(X: Tensor, y: Tensor) -> Tensor:
        if precision is None:
            value = loss(model(X), y)
        else:
            with precision:
                value = loss(model(X), y)
        (scaler.scale(value) if scaled else value).backward()  # type: ignore[no-untyped-call]
        return value.detach()

    def backward_in_parts(X: Tensor, y: Tensor) -> Tensor:
        parts, values = options.accumulate, []
        for i, (part_X, part_y) in enumerate(zip(X.chunk(parts), y.chunk(parts), strict=True)):
            with _last_part_only(model, i == parts - 1), precision or nullcontext():
                value = loss(model(part_X), part_y) / parts
            scaler.scale(value).backward()  # type: ignore[no-untyped-call]
            values.append(value.detach())
        return torch.stack(values).sum()

    def step(X: Tensor, y: Tensor) -> Tensor:
        value = backward(X, y) if options.accumulate == 1 else backward_in_parts(X, y)
        if options.clip_norm is not None:
            scaler.unscale_(optimizer)
            clip_grad_norm_(parameters, options.clip_norm)
        if scaled:
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step()
        optimizer.zero_grad()
        return value

    return step


def forward_module(model: nn.Module, options: Options, device: torch.device) -> Any:
    """The model, wrapped for several processes and compiled, as asked; its weights stay its own."""
    if rank_and_size()[1] > 1:
        model = DistributedDataParallel(model, [device] if device.type == "cuda" else None)
    if options.compile:
        backend = options.compile if isinstance(options.compile, str) else "inductor"
        return torch.compile(model, backend=backend)
    return model


def _precision(options: Options, device: torch.device) -> AbstractContextManager[Any] | None:
    if options.amp is None:
        return None
    return torch.autocast(device.type, _AMP[options.amp], cache_enabled=not options.cuda_graph)


def _last_part_only(model: Any, last: bool) -> AbstractContextManager[Any]:
    """Processes exchange gradients once a step, after the last part."""
    if last or not isinstance(model, DistributedDataParallel):
        return nullcontext()
    waiting: AbstractContextManager[Any] = model.no_sync()
    return waiting
