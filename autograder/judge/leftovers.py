"""What running tests leaves behind in a process, so that a fork may mark several submissions.

A fork that is as it was when it was made marks the next submission as a new fork would. Generators
of random numbers are put back, since tests may draw from them; everything else is only compared.
"""

from __future__ import annotations

import io
import os
import pickle  # noqa: TID251 - what it makes is compared and never loaded
import random
import sys
import types
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest


class Leftovers:
    """Compares a process with itself at an earlier time.

    Looked at are the globals of the tests' modules (with what their functions, classes and caches
    keep), the parameters of the tests, what the reference's names stand for, and settings of the
    whole process.

    Args:
        items: the collected tests.
        roots: folders of tests; modules that lie there are looked at, too.
    """

    def __init__(self, items: Iterable[pytest.Item], roots: Sequence[Path]) -> None:
        self._modules = _modules_below(roots)
        self._params = [item.callspec.params for item in items if hasattr(item, "callspec")]
        self._random = _random_state()
        self._before = self._look()

    def put_back(self) -> None:
        """Set the generators of random numbers to what they were."""
        random.setstate(self._random[0])
        np.random.set_state(self._random[1])  # noqa: NPY002 - tests may use it
        if self._random[2] is not None:
            sys.modules["torch"].default_generator.set_state(self._random[2])

    def found(self) -> bool:
        """Whether anything is left behind, or can't be compared."""
        now = self._look()
        return now is None or now != self._before

    def _look(self) -> tuple[Any, ...] | None:
        kept = io.BytesIO()
        try:
            pickler = _Pickler(kept, {module.__name__ for module in self._modules})
            pickler.dump(([_plain(vars(module)) for module in self._modules], self._params))
        except Exception:  # whatever an object of a test says to being pickled
            return None
        return kept.getvalue(), _reference_names(), _settings()


class _Pickler(pickle.Pickler):
    """Describes what the tests' modules hold: of their functions and classes what can change."""

    def __init__(self, file: io.BytesIO, watched: set[str]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._watched = watched

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, types.ModuleType):
            return str, (obj.__name__,)
        if hasattr(obj, "cache_info"):  # before functions: it is one that keeps something
            info = obj.cache_info()  # a full cache forgets as it learns: its size stays
            return tuple, ((obj.__qualname__, info.misses, info.currsize),)
        if isinstance(obj, types.FunctionType):
            return tuple, ((obj.__qualname__, *self._kept_by(obj)),)
        if isinstance(obj, type) and obj.__module__ in self._watched:
            return tuple, ((obj.__qualname__, _plain(vars(obj))),)
        return NotImplemented

    def _kept_by(self, function: types.FunctionType) -> tuple[Any, ...]:
        if function.__module__ not in self._watched:
            return ()
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        return function.__defaults__, function.__kwdefaults__, vars(function), cells


def _plain(values: Any) -> dict[str, Any]:
    """Without what Python itself puts there; a private name like __seen is none of that."""
    return {
        name: value
        for name, value in values.items()
        if not (name.startswith("__") and name.endswith("__"))
    }


def _reference_names() -> dict[str, dict[str, int]]:
    """Module of the reference -> its names and which objects they stand for: tests may set them."""
    return {
        name: {key: id(value) for key, value in vars(module).items()}
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "tdlcourse"
    }


def _modules_below(roots: Sequence[Path]) -> list[types.ModuleType]:
    folders = [root.resolve() for root in roots]
    found = [
        module
        for module in list(sys.modules.values())
        if any(Path(getattr(module, "__file__", None) or "/").is_relative_to(f) for f in folders)
    ]
    return sorted(found, key=lambda module: module.__name__)


def _random_state() -> tuple[Any, Any, Any]:
    torch = sys.modules.get("torch")
    drawn = None if torch is None else torch.default_generator.get_state()
    return random.getstate(), np.random.get_state(), drawn  # noqa: NPY002


def _settings() -> tuple[Any, ...]:
    """Settings of the process that tests change now and then."""
    found: tuple[Any, ...] = (
        os.getcwd(),
        dict(os.environ),
        list(sys.path),
        sys.getrecursionlimit(),
        list(warnings.filters),
        np.geterr(),
        np.get_printoptions(),
    )
    torch = sys.modules.get("torch")
    if torch is not None:
        found += (
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
        )
    return found
