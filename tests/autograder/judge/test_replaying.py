"""Inputs of failed tests as code: the same to the last bit, or nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.judge.replaying import MOST, literal, replay
from autograder.protocol import Reference, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


def again(text: str | None) -> Any:
    assert text is not None
    return eval(text, {"np": np, "torch": torch})


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float):
        return type(other) is float and (one == other or (math.isnan(one) and math.isnan(other)))
    if isinstance(one, list | tuple):
        pairs = zip(one, other, strict=True)
        return type(one) is type(other) and all(same(a, b) for a, b in pairs)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other) and type(one) is type(other)


@given(PLAIN)
def test_plain_data_comes_back_the_same(value: Any) -> None:
    assert same(value, again(literal(value)))


@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.bool_]),
        hnp.array_shapes(max_dims=3, max_side=4, min_side=0),
    )
)
def test_arrays_come_back_bit_by_bit(value: Any) -> None:
    found = again(literal(value))
    assert found.dtype == value.dtype and found.shape == value.shape
    assert np.array_equal(found, value, equal_nan=value.dtype.kind == "f")


def test_layout_gradient_and_scalars_are_kept() -> None:
    assert again(literal(np.asfortranarray(np.ones((2, 3))))).flags.f_contiguous
    tensor = again(literal(torch.tensor([0.1, math.inf], dtype=torch.float32, requires_grad=True)))
    assert tensor.requires_grad and tensor.dtype == torch.float32 and tensor[1] == math.inf
    assert again(literal(np.float32(0.1))) == np.float32(0.1)


@pytest.mark.parametrize(
    "value", [np.ones((6, 4))[::2, ::2], object(), np.zeros(MOST + 1), [object()], {1: print}]
)
def test_what_has_no_literal_has_none(value: Any) -> None:
    assert literal(value) is None


def call(name: str, *args: Any, **kwargs: Any) -> bytes:
    message = {"op": "call", "target": name, "path": (), "args": args, "kwargs": kwargs}
    return encode({**message, "capture": False}, lambda value: Reference("callback", 1, "f"))


def test_calls_are_repeated_with_the_imports_they_need() -> None:
    text = replay([call("losses", np.array([1.5]), eps=1e-12), call("losses", 2)])
    assert text == (
        "import numpy as np\nlosses(np.array([1.5], dtype='float64'), eps=1e-12)\nlosses(2)"
    )


@pytest.mark.parametrize(
    "payloads",
    [
        [],
        [b""],
        [b"nonsense"],
        [call("descend", print)],
        [call("f", "x" * MOST)],
        [encode({"op": "seed", "seed": 3}), call("f", 1)],
    ],
    ids=["nothing", "too large", "broken", "callback", "too long", "seeded over there"],
)
def test_what_calls_alone_would_not_repeat_gives_nothing(payloads: list[bytes]) -> None:
    assert replay(payloads) == ""
