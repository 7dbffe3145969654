"""Run-time half of a question's policy: a forbidden function raises when it is called.

Best effort only, since it lives in the student's process; the judge's reading of the syntax tree
(`autograder.policy`) is what a mark rests on.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any


class PolicyBreach(RuntimeError):
    """A forbidden function was called."""


def forbid(names: list[str]) -> None:
    """Make the named functions (or all functions of the named modules) raise `PolicyBreach`.

    Args:
        names: dotted names; one that begins with "." is a method of torch.Tensor.
    """
    for name in names:
        if name.startswith("."):
            _forbid_method(name[1:])
        else:
            _forbid_dotted(name)


def _forbid_method(method: str) -> None:
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch.Tensor, method):
        setattr(torch.Tensor, method, _raiser(f".{method}"))


def _forbid_dotted(name: str) -> None:
    parent, _, last = name.rpartition(".")
    owner = sys.modules.get(name)
    if owner is not None:
        for key, value in list(vars(owner).items()):
            if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
                if not key.startswith("_"):
                    setattr(owner, key, _raiser(f"{name}.{key}"))
        return
    if parent.partition(".")[0] in sys.modules:
        try:
            holder: Any = importlib.import_module(parent)
        except ImportError:
            return
        if isinstance(getattr(holder, last, None), types.FunctionType | types.BuiltinFunctionType):
            setattr(holder, last, _raiser(name))


def _raiser(name: str) -> Callable[..., Any]:
    def forbidden(*_args: Any, **_kwargs: Any) -> Any:
        raise PolicyBreach(f"{name} is not allowed in this question")

    return forbidden
