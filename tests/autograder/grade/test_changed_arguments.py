"""What a function does to its arguments may cost marks and never earns any."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.grade.pipeline import grade_assignment
from tests.autograder.grade.conftest import NAME, TinyCourse

CHECKS = '''
import numpy as np
import pytest

pytestmark = pytest.mark.question("q1", timeout=2)


def test_expected_after_the_call(student, rng):
    """Computes what is right when the function has had the array in hand."""
    x = rng.normal(size=4)
    found = student.double(x)
    np.testing.assert_allclose(found, 2 * x)


def test_generator_moves_on(student, rng):
    """Needs to see that the generator was used, though the function changed an array, too."""
    state = rng.bit_generator.state
    student.draw_into(np.zeros(2), [rng])
    assert rng.bit_generator.state != state


def test_arguments_stay(student, rng):
    """Complains of a function that changes its argument."""
    x = rng.normal(size=4)
    before = x.copy()
    student.double(x)
    np.testing.assert_array_equal(x, before)


def test_arguments_change(student):
    """Reads the answer from the argument, and says so."""
    x = np.zeros(3)
    student.in_place("half")(x)
    assert (x == 7).all()
'''
DRAWS = "\ndef draw_into(x, gens): x[:] = gens[0].normal(size=2)\n"
HONEST = "def double(x): return 2 * x" + DRAWS
ZEROES = """
def double(x):
    x[...] = 0
    return 0 * x
"""
FILLS = "def half(x): x[:] = 7"
ANSWERS = {
    "honest": (HONEST, FILLS),
    "zeroes": (ZEROES, FILLS),
    "returns": (HONEST, "def half(x): return x + 7"),
}


@pytest.fixture(scope="module")
def scores(make_tiny: Callable[..., TinyCourse]) -> dict[str, dict[str, str]]:
    """Student -> verdict of each test."""
    tiny = make_tiny()
    (tiny.folder / "checks" / NAME / "test_q1.py").write_text(CHECKS)
    for student, (double, half) in ANSWERS.items():
        tiny.submit(student, tiny.model(q1_answer=double + "\n" + half))
    grade_assignment(tiny.course, NAME, jobs=2)
    from autograder.grade.auditing import audit_log

    found = {}
    for entry in audit_log(tiny.course, NAME).entries():
        tests = entry["marks"]["q1"]["tests"]
        found[entry["student"]] = {t["id"].rpartition("::")[2]: t["verdict"] for t in tests}
    return found


def test_an_honest_function_passes_everything(scores: dict[str, dict[str, str]]) -> None:
    """The rule costs nothing where arguments stay as they are, or are asked for."""
    assert set(scores["honest"].values()) == {"correct"}


def test_a_changed_array_earns_nothing(scores: dict[str, dict[str, str]]) -> None:
    """Zero is not right because the argument was set to zero."""
    assert scores["zeroes"]["test_expected_after_the_call"] == "wrong"
    assert scores["zeroes"]["test_arguments_stay"] == "wrong"


def test_changes_that_are_asked_for_are_seen(scores: dict[str, dict[str, str]]) -> None:
    """They are the answer; a function that returns it instead fails."""
    assert scores["returns"]["test_arguments_change"] == "wrong"
    assert scores["zeroes"]["test_arguments_change"] == "correct"
