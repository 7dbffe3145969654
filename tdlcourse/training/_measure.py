"""How much work a run does, how much the machine could do, and how much memory it takes."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from tdlcourse._validate import integer
from tdlcourse.training._batches import Examples


def flops_per_example(
    model: nn.Module,
    data: Examples,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
) -> float:
    """Floating point operations of one example's forward and backward pass; a fused multiply-add
    counts two, everything but products and convolutions nothing.

    The model keeps its gradients, buffers and mode.

    Args:
        model: any module.
        data: a batch to count on; the result is per example.
        loss: mean over the batch.
    """
    kept = [p.grad for p in model.parameters()]
    buffers = [b.clone() for b in model.buffers()]
    for parameter in model.parameters():
        parameter.grad = None  # backward would add to the kept ones in place
    counter = FlopCounterMode(display=False)
    with torch.random.fork_rng(), counter:
        loss(model(data.X), data.y).backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for buffer, before in zip(model.buffers(), buffers, strict=True):
            buffer.copy_(before)
    for parameter, gradient in zip(model.parameters(), kept, strict=True):
        parameter.grad = gradient
    return counter.get_total_flops() / len(data.X)


def measured_peak(
    device: torch.device | str, dtype: torch.dtype = torch.float32, size: int = 2048
) -> float:
    """Floating point operations a second that square products reach here: what MFU is relative to.

    Args:
        device: where.
        dtype: of the factors.
        size: rows of the factors; on a large GPU use 8192.
    """
    size = integer("size", size, low=1)
    gen = torch.Generator(device).manual_seed(0)  # the global one stays as it is
    left = torch.randn(size, size, generator=gen, device=device).to(dtype)
    seconds = []
    for _ in range(6):
        _wait(left.device)
        start = time.perf_counter()
        _ = left @ left
        _wait(left.device)
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)


def peak_memory(device: torch.device) -> int:
    """Most bytes held so far: on a GPU by tensors, else by the process."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
