"""Several processes on one task, started by torchrun."""

from __future__ import annotations

import atexit
import os

import torch
import torch.distributed as dist
from torch import Tensor

from tdlcourse.training._device import best_device


def join_processes() -> torch.device:
    """This process's device, after it has joined the others that torchrun started.

        torchrun --standalone --nproc-per-node 2 train.py

    Alone, it is `best_device()`. `fit` then shares each batch among the processes by
    torch.nn.parallel.DistributedDataParallel, with NCCL on GPUs and gloo on CPUs.
    """
    if "LOCAL_RANK" not in os.environ:
        return best_device()
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(dist.destroy_process_group)
    return device


def rank_and_size() -> tuple[int, int]:
    """Number of this process and of all of them."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def wait_for_processes() -> None:
    """Return when all processes have come here."""
    if rank_and_size()[1] > 1:
        dist.barrier()


def mean_over_processes(value: Tensor) -> Tensor:
    """The mean of a tensor over all processes."""
    _, size = rank_and_size()
    if size > 1:
        value = value.clone()
        dist.all_reduce(value)
        value /= size
    return value


def gathered(value: Tensor, device: torch.device) -> list[Tensor]:
    """The tensors, all of one shape, of all processes, on the CPU."""
    _, size = rank_and_size()
    if size == 1:
        return [value.cpu()]
    here = value.to(device)
    parts = [torch.empty_like(here) for _ in range(size)]
    dist.all_gather(parts, here)
    return [part.cpu() for part in parts]
