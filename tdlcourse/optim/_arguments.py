"""What all steps of an optimizer take and return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tdlcourse._validate import Array, error, float_array, integer, namespace, real

State: TypeAlias = dict[str, Array]
Step: TypeAlias = tuple[Array, State]


def checked(w: Array, g: Array, t: int) -> tuple[Array, Array]:
    integer("t", t, low=1)
    w = float_array("w", w)
    return w, float_array("g", g, shape=tuple(w.shape), like=w)


def memory(w: Array, state: Mapping[str, Array] | None, *names: str) -> list[Array]:
    if not state:
        return [namespace(w).zeros_like(w) for _ in names]
    if set(state) != set(names):
        raise error("state", f"None or a mapping with {', '.join(names)}", sorted(state))
    return [float_array(f"state[{n!r}]", state[n], shape=tuple(w.shape), like=w) for n in names]


def fraction(name: str, value: float) -> float:
    return real(name, value, low=0, high=1, open_high=True)
