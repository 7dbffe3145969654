"""Files from which a run continues: written whole or not at all, read without running code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch


def write_checkpoint(path: Path | str, state: dict[str, Any]) -> None:
    """Write tensors and plain values; whoever is killed meanwhile leaves the earlier file.

    Args:
        path: the file; its folder is made.
        state: nested dictionaries and lists of tensors, numbers, strings, bools and None.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read_checkpoint(path: Path | str, device: torch.device | str = "cpu") -> dict[str, Any]:
    """What `write_checkpoint` wrote.

    Only tensors and plain values are accepted (weights_only), so a file from elsewhere can't run
    code; it may still lie.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no checkpoint, or not a whole one.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as problem:  # torch raises a dozen kinds for broken archives
        text = str(problem).splitlines()[0][:200] if str(problem) else type(problem).__name__
        raise ValueError(f"checkpoint must be a whole file of ours, got {text}") from None
    if not isinstance(state, dict):
        raise ValueError(f"checkpoint must hold a dictionary, got {type(state).__name__}")
    return state
