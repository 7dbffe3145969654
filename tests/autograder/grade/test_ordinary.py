"""Scores from outputs: as nbgrader's where it is right, and closed where it fails open."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grade.ordinary import score_of_outputs


def result(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}}


def stream(name: str, text: str = "hello") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


ERROR = {"output_type": "error", "ename": "AssertionError", "evalue": "", "traceback": []}
DISPLAY = {"output_type": "display_data", "data": {"text/plain": "2"}, "metadata": {}}


@pytest.mark.parametrize(
    ("outputs", "score"),
    [
        ([], 4.0),
        ([stream("stdout")], 4.0),
        ([DISPLAY], 4.0),
        ([ERROR], 0.0),
        ([stream("stdout"), ERROR], 0.0),
        ([result("2")], 2.0),
        ([result("2.5")], 2.5),
        ([result("0")], 0.0),
        ([result("'any other value'")], 4.0),
        ([result("[1, 2]")], 4.0),
        ([result("True")], 4.0),
        ([stream("stdout"), result("1")], 1.0),
    ],
    ids=range(12),
)
def test_as_nbgrader(outputs: list[dict[str, Any]], score: float) -> None:
    """An error is nothing, a number is partial credit, anything else is full credit."""
    assert score_of_outputs(outputs, 4.0) == score


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("-1", 0.0),
        ("-0.5", 0.0),
        ("nan", 0.0),
        ("-inf", 0.0),
        ("inf", 4.0),
        ("11", 4.0),
        ("False", 0.0),
        ("np.False_", 0.0),
        ("np.float64(3.0)", 3.0),
        ("np.int64(2)", 2.0),
        ("np.float64(nan)", 0.0),
        ("np.float32(-1.0)", 0.0),
        ("tensor(3.)", 3.0),
        ("tensor(3., dtype=torch.float64)", 3.0),
        ("tensor(3., grad_fn=<MulBackward0>)", 3.0),
        ("tensor(3., requires_grad=True)", 3.0),
        ("tensor(False)", 0.0),
        ("array(2.5)", 2.5),
        ("array([1., 2.])", 4.0),
        ("tensor([1.])", 4.0),
    ],
)
def test_where_nbgrader_fails_open(text: str, score: float) -> None:
    """Each of these gives full marks, or stops the run, in nbgrader."""
    assert score_of_outputs([result(text)], 4.0) == score


def test_a_warning_costs_nothing() -> None:
    """In nbgrader anything on stderr is a zero."""
    assert score_of_outputs([stream("stderr", "UserWarning: careful")], 4.0) == 4.0


def test_none_is_no_credit_lost() -> None:
    """A cell whose last value is None ran to its end."""
    assert score_of_outputs([result("None")], 4.0) == 4.0


@given(st.text(max_size=30), st.floats(0, 100))
def test_a_score_is_always_within_the_points(text: str, points: float) -> None:
    """Whatever a cell shows."""
    assert 0 <= score_of_outputs([result(text)], points) <= points


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 100))
def test_numbers_are_clamped(number: float, points: float) -> None:
    """Every float gives a score within the points."""
    assert 0 <= score_of_outputs([result(repr(number))], points) <= points
