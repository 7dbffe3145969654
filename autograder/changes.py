"""Arguments that the student's process says it changed: whether they differ, and writing back.

A call sends copies, so a function that works in place changes the copy; a test that looks at its
own array must find the change there. What comes back is a claim (see `proxy`).
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from autograder.protocol import Reference, encode


def differs(changed: Any, args: Any, kwargs: Any) -> bool:
    """Whether changed arguments differ in more than the state of generators."""

    def contents(value: Any) -> bytes:
        return encode(_without_generators(value), lambda other: Reference("handle", 0, ""))

    return contents(changed) != contents((args, kwargs))


def _without_generators(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_generators(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return [_without_generators(item) for item in value]
    return None if type(value).__name__ == "Generator" else value


def copy_back(changed: Any, mine: Any, *, everything: bool = True) -> None:
    """Write the new contents of changed arguments into the test's own objects.

    Args:
        changed: the arguments as they are over there.
        mine: the test's.
        everything: also what is no generator; a generator has moved on if it was used.
    """
    if isinstance(mine, np.random.Generator):
        if isinstance(changed, np.random.Generator):
            with contextlib.suppress(ValueError, TypeError):
                mine.bit_generator.state = changed.bit_generator.state
    elif isinstance(mine, tuple) and isinstance(changed, tuple):
        for item, own in zip(changed, mine, strict=False):
            copy_back(item, own, everything=everything)
    elif everything or type(mine).__name__ == "Generator":
        _copy_contents(changed, mine)
    elif isinstance(mine, dict) and isinstance(changed, dict):
        for key in mine.keys() & changed.keys():
            copy_back(changed[key], mine[key], everything=False)
    elif isinstance(mine, list) and isinstance(changed, list):
        for item, own in zip(changed, mine, strict=False):
            copy_back(item, own, everything=False)


def _copy_contents(changed: Any, mine: Any) -> None:
    if isinstance(mine, np.ndarray):
        _copy_array(changed, mine)
    elif isinstance(mine, dict) and isinstance(changed, dict):
        for key in [key for key in mine if key not in changed]:
            del mine[key]
        for key, item in changed.items():
            mine[key] = _merged(item, mine[key]) if key in mine else item
    elif isinstance(mine, list) and isinstance(changed, list):
        mine[: len(changed)] = [_merged(*pair) for pair in zip(changed, mine, strict=False)]
        mine[len(changed) :] = []
        mine.extend(changed[len(mine) :])
    elif isinstance(mine, set) and isinstance(changed, set):
        mine.clear()
        mine.update(changed)
    else:
        _copy_back_torch(changed, mine)


def _copy_array(changed: Any, mine: np.ndarray[Any, Any]) -> None:
    if isinstance(changed, np.ndarray) and changed.shape == mine.shape and mine.flags.writeable:
        if np.can_cast(changed.dtype, mine.dtype, "same_kind"):
            np.copyto(mine, changed, casting="same_kind")


def _merged(item: Any, own: Any) -> Any:
    """An element of a changed container: the test's own object, renewed, where it has contents."""
    if isinstance(own, tuple) and isinstance(item, tuple) and len(item) == len(own):
        parts = [_merged(*pair) for pair in zip(item, own, strict=True)]
        return own if all(a is b for a, b in zip(parts, own, strict=True)) else tuple(parts)
    if _alike(item, own):
        copy_back(item, own)
        return own
    # A callable of the test comes back as a handle to what stands for it over there.
    return own if callable(own) and callable(item) else item


def _alike(item: Any, own: Any) -> bool:
    """Whether `own` can take the contents of `item`."""
    for kind in (dict, list, set, np.random.Generator):
        if isinstance(own, kind):
            return isinstance(item, kind)
    if hasattr(own, "shape") and not isinstance(own, np.generic):
        like = getattr(item, "shape", None), getattr(item, "dtype", None)
        return bool(like == (own.shape, own.dtype))
    return type(own).__module__.startswith("torch") and type(own).__name__ == "Generator"


def _copy_back_torch(changed: Any, mine: Any) -> None:
    kind = type(mine).__name__
    if not type(mine).__module__.startswith("torch") or type(changed).__name__ not in (
        "Tensor",
        "Generator",
    ):
        return
    import torch

    if kind in ("Tensor", "Parameter") and isinstance(changed, torch.Tensor):
        if changed.shape == mine.shape:
            with torch.no_grad():
                mine.copy_(changed)
    elif kind == "Generator" and isinstance(changed, torch.Generator):
        mine.set_state(changed.get_state())
