"""The inputs of a test that failed, as code that repeats its calls; never what it expected.

What a test asked is kept as the bytes that went to the student's process, so nothing is printed
for tests that pass, and arguments are shown as they were before the call.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograder.protocol import ProtocolError, Reference, decode

MOST = 4000  # characters of all calls together; a longer text helps nobody


def replay(payloads: Iterable[bytes]) -> str:
    """Python that repeats the calls of functions by name; "" if one of them can't be written down.

    Objects that live in the student's process and functions of the test can't.
    """
    lines: list[str] = []
    for payload in payloads:
        try:
            message = decode(payload, _refuse)
        except ProtocolError:
            return ""
        if not isinstance(message, dict) or message.get("op") == "seed":
            return ""  # calls alone would not repeat it
        if message.get("op") == "call":
            text = _call(message)
            if not text:
                return ""
            lines.append(text)
    text = "\n".join(lines)
    if not text or len(text) > MOST:
        return ""
    imports = [f"import {module}" for module, use in IMPORTS.items() if use in text]
    return "\n".join([*imports, text])


IMPORTS = {"numpy as np": "np.", "torch": "torch."}


def _refuse(reference: Reference) -> object:
    raise ProtocolError(f"a replay has plain data only, got a {reference.kind}")


def _call(message: dict[str, Any]) -> str:
    target = message.get("target")
    if not isinstance(target, str):
        return ""
    values = [literal(value) for value in message["args"]]
    named = {key: literal(value) for key, value in message["kwargs"].items()}
    if None in values or None in named.values():
        return ""
    arguments = [*map(str, values), *(f"{key}={value}" for key, value in named.items())]
    return f"{'.'.join((target, *message.get('path', ())))}({', '.join(arguments)})"


def literal(value: Any) -> str | None:
    """A value as an expression that gives it again, to the last bit; None if there is none."""
    if value is None or isinstance(value, bool | int | str | bytes):
        return repr(value) if type(value) in (type(None), bool, int, str, bytes) else None
    if type(value) is float:
        return _number(value)
    if type(value) in (list, tuple, dict):
        return _container(value)
    if isinstance(value, np.generic):
        inside = literal(value.item())
        return None if inside is None else f"np.{value.dtype.name}({inside})"
    if isinstance(value, np.ndarray):
        return _array(value)
    if type(value).__module__ == "torch" and type(value).__name__ == "Tensor":
        return _tensor(value)
    return None


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"


def _container(value: Any) -> str | None:
    if isinstance(value, dict):
        pairs = [(literal(key), literal(each)) for key, each in value.items()]
        if any(None in pair for pair in pairs):
            return None
        return "{" + ", ".join(f"{key}: {each}" for key, each in pairs) + "}"
    items = [literal(each) for each in value]
    if None in items:
        return None
    inside = ", ".join(map(str, items))
    if isinstance(value, list):
        return f"[{inside}]"
    return f"({inside},)" if len(items) == 1 else f"({inside})"


def _array(value: np.ndarray[Any, Any]) -> str | None:
    if value.dtype.kind not in "biuf" or value.size > MOST:
        return None
    if value.size == 0:
        return f"np.zeros({value.shape}, dtype={value.dtype.name!r})"
    text = f"np.array({literal(value.tolist())}, dtype={value.dtype.name!r})"
    if value.flags.c_contiguous:
        return text
    return f"np.asfortranarray({text})" if value.flags.f_contiguous else None


def _tensor(value: Any) -> str | None:
    if not value.is_contiguous() or value.numel() > MOST or value.is_complex():
        return None
    more = ", requires_grad=True" if value.requires_grad else ""
    if value.numel() == 0:
        return f"torch.zeros({tuple(value.shape)}, dtype={value.dtype}{more})"
    return f"torch.tensor({literal(value.detach().tolist())}, dtype={value.dtype}{more})"
