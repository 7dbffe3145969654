"""Where to compute, and with which random numbers."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import torch

from tdlcourse._validate import integer


def best_device() -> torch.device:
    """The first CUDA device, else Apple's, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def set_seed(seed: int, *, deterministic: bool = False) -> None:
    """Seed Python, NumPy and torch on every device.

    On a CPU with one thread setting the same run gives the same bits. On a GPU some kernels add in
    varying order; `deterministic` makes torch choose others, or raise where it has none.

    Args:
        seed: in [0, 2**32).
        deterministic: slower, but a GPU run repeats bit by bit. Ask for it before the first
            product on a GPU: cuBLAS reads its setting once.

    Raises:
        TypeError, ValueError: seed is not such a number.
    """
    seed = integer("seed", seed, low=0, high=2**32 - 1)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - libraries that students use still draw from it
    torch.manual_seed(seed)
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False if deterministic else torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(deterministic)


def random_state() -> dict[str, Any]:
    """The state of every global generator, as tensors and plain numbers."""
    numpy_state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    numpy_state["state"]["key"] = torch.from_numpy(numpy_state["state"]["key"].astype(np.int64))
    version, words, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": numpy_state,
        "python": [version, torch.tensor(words), gauss],
    }


def restore_random_state(state: dict[str, Any]) -> None:
    """Put every global generator back to what `random_state` returned."""
    torch.set_rng_state(state["torch"].cpu())
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all([s.cpu() for s in state["cuda"]])
    numpy_state = {**state["numpy"], "state": dict(state["numpy"]["state"])}
    numpy_state["state"]["key"] = numpy_state["state"]["key"].cpu().numpy().astype(np.uint32)
    np.random.set_state(numpy_state)  # noqa: NPY002
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
