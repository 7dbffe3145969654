"""An assignment may have bounds of its own: a lab trains for longer than a homework computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.grade.pipeline import grade_assignment
from autograder.settings import Sandbox
from autograder.targets.bundle import portable_config
from tests.autograder.grade.conftest import NAME, TinyCourse

TRAINS = """import time
start = time.process_time()
while time.process_time() - start < 2:  # the course allows a cell one CPU-second
    pass
def double(x):
    return 2 * x
"""


@pytest.mark.parametrize(
    ("extra", "outcome", "score"),
    [
        ("", "timed_out", 0.0),
        (f"\nc.Sandbox.by_assignment = {{'{NAME}': {{'cell_seconds': 20}}}}\n", "finished", 4.0),
        ("\nc.Sandbox.by_assignment = {'another': {'cell_seconds': 20}}\n", "timed_out", 0.0),
    ],
)
def test_a_cell_may_take_what_its_assignment_allows(
    make_tiny: Callable[..., TinyCourse], extra: str, outcome: str, score: float
) -> None:
    tiny = make_tiny(extra)
    tiny.submit("ada", tiny.model(q1_answer=TRAINS))
    row = grade_assignment(tiny.course, NAME)["submissions"][0]
    assert (row["outcome"], row["questions"]["q1"]["score"]) == (outcome, score)


def test_a_bundle_carries_the_bounds_of_its_assignment(
    make_tiny: Callable[..., TinyCourse],
) -> None:
    tiny = make_tiny(f"\nc.Sandbox.by_assignment = {{'{NAME}': {{'memory_mb': 99}}}}\n")
    sandbox = portable_config(tiny.course, NAME)["Sandbox"]
    assert (sandbox["memory_mb"], sandbox["by_assignment"]) == (99, {})


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"cpu": 3}, "must hold cpu_seconds, .* got 'cpu'"),
        ({"cpu_seconds": -1}, "must be a positive number, got -1"),
        ({"cpu_seconds": float("nan")}, "must be a positive number, got nan"),
        ({"memory_mb": 1.5}, "must be a positive integer, got 1.5"),
        ({"processes": True}, "must be a positive integer, got True"),
    ],
)
def test_wrong_bounds_are_told(bounds: dict[str, Any], message: str) -> None:
    with pytest.raises(CourseError, match=message):
        Sandbox(by_assignment={"lab1": bounds}).limits("lab1")
