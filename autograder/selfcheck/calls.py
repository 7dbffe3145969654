"""What a test asked of the student's code and what came back, as a student may read it."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from typing import Any

import numpy as np

from autograder.errors import shown
from autograder.proxy import Handle, LocalLink

MAX_NUMBERS = 6  # an array with more is told by its shape alone
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+), in (?P<name>.*)$')


class WatchedLink(LocalLink):
    """A link that remembers the last call.

    Attributes:
        called: the function with its arguments, e.g. "losses(float64 (2, 3))".
        came_back: what it returned, or what it raised.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.called = self.came_back = ""

    def request(self, message: dict[str, Any]) -> dict[str, Any]:
        called = _called(message)  # before the call, which may change its arguments
        if called:
            self.called, self.came_back = called, "nothing: it did not return"
        try:
            reply = super().request(message)
        except Exception as error:
            trace = str(getattr(error, "student_trace", ""))
            error.student_trace = own_frames(trace)  # type: ignore[attr-defined]
            if called:
                self.came_back = f"an error: {type(error).__name__}"
            raise
        if called:
            self.came_back = described(reply.get("value"))
        return reply


def _called(message: dict[str, Any]) -> str:
    operation, target = message.get("op"), message.get("target")
    name = target if isinstance(target, str) else getattr(target, "type_name", "")
    name = ".".join((str(name), *message.get("path", ())))
    if operation == "call":
        parts = [described(argument) for argument in message["args"]]
        parts += [f"{key}={described(value)}" for key, value in message["kwargs"].items()]
        return f"{name}({', '.join(parts)})"
    if operation == "vjp":
        return f"the gradient of {name} at {', '.join(map(described, message['inputs']))}"
    if operation == "value":
        return f"the value of {name}"
    return ""


def described(value: Any, depth: int = 0) -> str:
    """A value in a few words: kind and shape of arrays, the numbers of small ones."""
    if isinstance(value, Handle):
        return f"an object of class {shown(value.type_name, 40)}"
    if hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, np.generic):
        return _array(value)
    if isinstance(value, tuple | list) and depth < 2:
        return _sequence(value, depth)
    if isinstance(value, dict) and depth < 2:
        items = [
            f"{shown(repr(k), 20)}: {described(v, depth + 1)}" for k, v in list(value.items())[:4]
        ]
        return "{" + ", ".join(items + ["..."] * (len(value) > 4)) + "}"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if callable(value):
        return f"a function {getattr(value, '__name__', '')}".rstrip()
    return shown(repr(value.item() if isinstance(value, np.generic) else value), 60)


def _sequence(value: tuple[Any, ...] | list[Any], depth: int) -> str:
    items = [described(item, depth + 1) for item in value[:MAX_NUMBERS]]
    if len(value) > MAX_NUMBERS:
        items.append(f"... {len(value)} items")
    left, right = "()" if isinstance(value, tuple) else "[]"
    return left + ", ".join(items) + right


def _array(value: Any) -> str:
    kind = str(value.dtype).removeprefix("torch.")
    told = f"{kind} {tuple(value.shape)}"
    if np.prod(tuple(value.shape), dtype=int) > MAX_NUMBERS:
        return told
    numbers = value.detach().cpu() if hasattr(value, "detach") else value
    return f"{told} {_numbers(numbers.tolist())}"


def _numbers(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_numbers, value)) + "]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def own_frames(trace: str) -> str:
    """A traceback without the frames of Python and of installed packages.

    IPython's files are named as a notebook shows them: "In [5]".
    """
    kept: list[str] = []
    keeping = True
    for line in trace.splitlines():
        frame = _FRAME.match(line)
        if frame:
            keeping = not _installed(frame["file"])
            line = f"  {_place(frame['file'])}, line {frame['line']}, in {frame['name']}"
        if keeping:
            kept.append(line)
    return "\n".join(kept)


def _installed(file: str) -> bool:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    inside = any(file.startswith(str(folder) + os.sep) for folder in folders)
    return inside or file.startswith("<frozen ")


def _place(file: str) -> str:
    """Where a frame is, in the words of a notebook."""
    shell = None
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
    named = shell.compile.format_code_name(file) if shell is not None else None
    if named:
        return " ".join(named).replace("Cell In[", "In [")
    return file.strip("<>") if file.startswith("<") else os.path.basename(file)
