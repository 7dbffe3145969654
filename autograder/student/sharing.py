"""Tensors between a student's own processes where no socket may be opened: by value.

torch hands a tensor to another process (a DataLoader's worker to its parent) as a descriptor of
shared memory over a unix socket. At level `user` no socket can be opened, so its bytes go through
the pipe that carries everything else. At the other levels nothing is changed.
"""

from __future__ import annotations

import sys
from multiprocessing.reduction import ForkingPickler
from typing import Any


def hand_tensors_over_by_value() -> None:
    """From now on storages that go through a multiprocessing queue or pipe are copied."""
    torch = sys.modules.get("torch")
    if torch is not None:
        ForkingPickler.register(torch.UntypedStorage, _reduced)


def _reduced(storage: Any) -> tuple[Any, tuple[bytes]]:
    import torch

    flat = torch.empty(0, dtype=torch.uint8).set_(storage.cpu())
    return _rebuilt, (flat.numpy().tobytes(),)


def _rebuilt(data: bytes) -> Any:
    import torch

    if not data:
        return torch.empty(0, dtype=torch.uint8).untyped_storage()
    return torch.frombuffer(bytearray(data), dtype=torch.uint8).untyped_storage()
