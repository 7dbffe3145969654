"""Whatever the student's side sends or submits: a value, or a fault of theirs; in bounded time.

Single bytes and damaged payloads of `decode`, and cells of any form, are in test_protocol and
test_sanitize; benchmarks/fuzz.py looks further, with coverage as its guide.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.protocol import encode
from tests.autograder.fuzzing import OPERATIONS, read_notebook, read_policy, talk

SECONDS = 2.0  # of CPU, for one example
keys = st.sampled_from("value changed shared stdout warnings error types message trace".split())
words = st.sampled_from("ValueError KeyError BaseException SystemExit int __init__ f".split())
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | words
    | st.sampled_from([np.zeros(3), np.ones((2, 3)), np.float32(1), np.zeros((0, 2)), 1j, ...])
    | st.builds(np.random.default_rng, st.integers(0, 3))
)


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=4)
    return lists | lists.map(tuple) | st.dictionaries(keys | st.integers(0, 3), inner, max_size=4)


values = st.recursive(leaves, _containers, max_leaves=12)
arguments = st.tuples(values, values, values, values)
replies = st.fixed_dictionaries(
    {},
    optional={
        "value": values,
        "changed": st.tuples(arguments, st.dictionaries(st.just("key"), values)) | values,
        "shared": st.lists(st.tuples(st.integers(), values), max_size=2) | values,
        "stdout": values,
        "warnings": st.lists(st.tuples(values, values), max_size=2) | values,
        "error": st.dictionaries(keys, st.lists(words, max_size=3) | values, max_size=4) | values,
    },
)
questions = st.fixed_dictionaries(
    {"ask": st.integers(-1, 1) | values},
    optional={"args": st.tuples(values) | values, "kwargs": st.just({}) | values},
)
frames = st.lists((replies | questions | values).map(encode) | st.binary(max_size=60), max_size=4)


@contextmanager
def bounded() -> Iterator[None]:
    before = time.process_time()
    yield
    assert time.process_time() - before < SECONDS


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(OPERATIONS) - 1), frames)
def test_any_frames_are_answers_or_faults(operation: int, sent: list[bytes]) -> None:
    """Replies and questions of any form: nothing but faults of the student's leaves a request."""
    with bounded():
        talk(operation, sent)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)
marks = st.fixed_dictionaries(
    {
        "grade_id": st.sampled_from(["q1", "q1-answer", "q2", "q2-answer", "setup", "x"])
        | json_values
    }
)
cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | json_values,
        "source": st.text(max_size=20) | st.lists(st.text(max_size=5)) | json_values,
        "metadata": st.fixed_dictionaries({"nbgrader": marks | json_values}) | json_values,
        "id": st.sampled_from(["c0", "c1", "c2"]) | json_values,
        "attachments": st.dictionaries(st.text(max_size=5), json_values) | json_values,
        "outputs": json_values,
        "input": json_values,
    },
)
notebooks = st.fixed_dictionaries(
    {},
    optional={
        "cells": st.lists(cells | json_values, max_size=8),
        "worksheets": st.lists(
            st.fixed_dictionaries({"cells": st.lists(cells, max_size=3) | json_values})
            | json_values,
            max_size=3,
        ),
        "metadata": json_values,
    },
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=notebooks.map(lambda n: json.dumps(n).encode()) | st.binary(max_size=100))
def test_any_file_is_rebuilt_or_refused(data: bytes, tmp_path: Path) -> None:
    """Read, rebuilt with every released cell once, and written; or a SubmissionError."""
    with bounded():
        read_notebook(data, tmp_path)


pieces = st.sampled_from(
    "def f(x): return x.y|f = torch|import torch as t|from t import *|class A:|    x = t.nn|%%time"
    "|!ls|x[0] = f|global f|lambda: f|setattr(t, 'x', f)|[f for f in f]|@f|try:|    pass|?|\x00|("
    "|f: t = t|(y := t)|nonlocal f|getattr(t, 'nn')|match f:|async def g(): await f|import m".split(
        "|"
    )
)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces, max_size=8).map("\n".join) | st.text(max_size=40))
def test_any_text_can_be_read_for_a_policy(text: str) -> None:
    """Broken code, magics and code that no one writes: a list of breaches."""
    with bounded():
        read_policy(text)


@pytest.mark.parametrize("text", ["(" * 5000, "f" + "()" * 3000, "x." * 5000 + "y", "-" * 90_000])
def test_deep_text_does_not_stall_the_reading_of_a_policy(text: str) -> None:
    """Deeper than Python compiles."""
    with bounded():
        read_policy(text)
