"""One homework, three targets, the same points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.corpus import read_corpus
from autograder.targets.bundle import read_bundle, write_bundle
from tests.autograder.grade.conftest import NAME, TinyCourse
from tests.autograder.targets.agreement import Agreement, compare_targets
from tests.autograder.targets.conftest import assert_valid
from tests.autograder.targets.container import needs_container
from tests.courses import ROOT

SAMPLE = (
    "correct/model_solution",
    "wrong/partial",
    "hostile/exits_in_function",
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what otter imports
def test_gradescope_and_otter_give_the_points_of_tdl_grade(tmp_path: Path) -> None:
    """On a sample of hw1's corpus; benchmarks/agreement.py compares all of it."""
    needs_container()
    chosen = [e for e in read_corpus(ROOT, "hw1") if e.name in SAMPLE]
    agreement = compare_targets(ROOT, tmp_path, "hw1", chosen)
    assert len(agreement.native) == len(SAMPLE)
    assert agreement.differences() == []
    assert sum(agreement.native["correct--model_solution"].values()) == 73.0
    assert len({tuple(points.values()) for points in agreement.native.values()}) > 2
    for results in agreement.results.values():
        assert_valid(results)


def test_a_difference_is_seen_at_each_target_and_worthless_questions_are_not_otters() -> None:
    """q0 is worth nothing, so otter leaves it out; other questions must be everywhere."""
    told = [{"name": "q0", "max_score": 0.0}, {"name": "q1", "max_score": 4.0}]

    def differing(gradescope: dict[str, float], otter: dict[str, float]) -> list[str]:
        native = {"a": {"q0": 0.0, "q1": 3.0}}
        agreement = Agreement(native, {"a": gradescope}, {"a": otter}, {"a": {"tests": told}})
        return [line.split(":")[0] for line in agreement.differences()]

    assert differing({"q0": 0.0, "q1": 3.0}, {"q1": 3.0}) == []
    assert differing({"q0": 0.0, "q1": 3.0}, {}) == ["a q1"]
    assert differing({"q0": 0.0, "q1": 4.0}, {"q1": 3.0}) == ["a q1"]
    assert differing({"q1": 3.0}, {"q1": 3.0}) == ["a q0"]


@pytest.mark.parametrize("common", [True, False])
def test_a_bundle_draws_the_inputs_that_the_course_draws(
    make_tiny: Callable[..., TinyCourse], tmp_path: Path, common: bool
) -> None:
    """The same secret, scope and submitter: else a wrong answer may get other points there."""
    course = make_tiny(f"c.Judge.common_seeds = {common}\n").course
    write_bundle(course, NAME, tmp_path)
    there = read_bundle(tmp_path).course
    assert (there.secret(), there.scope(NAME)) == (course.secret(), course.scope(NAME))
    assert there.submitter("ada") == course.submitter("ada") == ("" if common else "ada")
