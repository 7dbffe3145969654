"""Mutants of a tiny course are marked, counted and held against the notes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.mutation.equivalence import Note, noted, read_notes
from autograder.mutation.mutants import Mutant
from autograder.mutation.running import Campaign, Fate, in_children, mutate, take_notes, tally

CONFIG = """
from autograder.targets.nbgrader import install
c = get_config()
c.CourseDirectory.course_id = "tiny101"
c.Course.checks = "checks"
c.Sandbox.preload = ["numpy"]
install(c)
"""
ANSWER = """
def count(values, least):
    ### BEGIN SOLUTION
    n = 0
    i = 0
    while i < len(values):
        if values[i] > least:
            n = n + 1
        i += 1
    return n
    ### END SOLUTION
"""
# The gap: no value is equal to the least one.
HIDDEN = '''
import pytest


@pytest.mark.parametrize("start", [0, 3])
@pytest.mark.question("q1", timeout=2)
def test_count(student, rng, start):
    """Values above the bound are counted."""
    values = [start + 2 * int(i) for i in rng.permutation(9)]
    assert student.count(values, start + 5) == 6
'''
EQUIVALENT = Note("q1", "while i < len(values):", "while i != len(values):", 0, "i grows by one")
SURVIVOR = "if values[i] >= least:"


def cell(id: str, text: str, **flags: object) -> dict[str, object]:
    marks = {"grade": False, "solution": False, "locked": False, "grade_id": id, **flags}
    made = {"cell_type": "code", "id": id, "metadata": {"nbgrader": marks}, "source": text}
    return {**made, "execution_count": None, "outputs": []}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    cells = [
        cell("setup", "import numpy as np", locked=True),
        cell("q2-answer", "raise ValueError('of another question')", solution=True),
        cell("q1-answer", ANSWER, solution=True),
        cell("q1", 'check("q1")', grade=True, locked=True, points=4),
    ]
    for folder in ("source/tiny", "checks/tiny"):
        (root / folder).mkdir(parents=True)
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "source/tiny/tiny.ipynb").write_text(json.dumps(notebook), "utf-8")
    (root / "checks/tiny/test_q1.py").write_text(HIDDEN, "utf-8")
    (root / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    return root


@pytest.fixture(scope="module")
def campaign(course: Path) -> Campaign:
    return mutate(course, "tiny")


@pytest.fixture
def marked(campaign: Campaign) -> Campaign:
    """The campaign with fates of its own, for tests that write notes on them."""
    fates = [Fate(f.mutant, f.loss, f.seconds) for f in campaign.fates]
    return replace(campaign, fates=fates)


def all_mutants(campaign: Campaign) -> dict[str, list[Mutant]]:
    return {"q1": [fate.mutant for fate in campaign.fates]}


def test_the_gap_survives(campaign: Campaign) -> None:
    """The mutant that the hidden test can't tell is a survivor, and hardly anything else is."""
    survivors = {fate.mutant.becomes for fate in campaign.fates if fate.survives}
    assert SURVIVOR in survivors
    assert len(survivors) <= 3


def test_a_wrong_mutant_is_killed_by_a_test(campaign: Campaign) -> None:
    """A counter that starts at one loses points in the hidden test."""
    (fate,) = [f for f in campaign.fates if (f.mutant.was, f.mutant.becomes) == ("n = 0", "n = 1")]
    assert fate.loss is not None
    assert fate.loss["test"].startswith("hidden/test_q1.py::test_count")
    assert fate.loss["verdict"] == "wrong"


def test_an_endless_loop_is_killed_by_time(campaign: Campaign) -> None:
    """A loop whose counter stands still runs into its limit."""
    still = [f for f in campaign.fates if f.mutant.was == "i += 1" and f.mutant.becomes == "pass"]
    assert [f.loss and f.loss["verdict"] for f in still] == ["timed_out"]


def test_the_diff_shows_the_change(campaign: Campaign) -> None:
    """A mutant's diff has the line as it was and as it becomes."""
    (fate,) = [f for f in campaign.fates if f.mutant.becomes == SURVIVOR]
    assert "-        if values[i] > least:" in fate.mutant.diff
    assert "+        if values[i] >= least:" in fate.mutant.diff


def test_a_noted_mutant_is_no_survivor(marked: Campaign) -> None:
    """A mutant with a note counts as equivalent, and the kill rate is over the others."""
    note = replace(EQUIVALENT, was="if values[i] > least:", becomes=SURVIVOR)
    before = tally(marked.fates)
    take_notes(marked, [note], all_mutants(marked))
    after = tally(marked.fates)
    assert (after.equivalent, after.survivors) == (1, before.survivors - 1)
    assert after.kill_rate == after.killed / (after.mutants - 1)


def test_a_note_on_a_killed_mutant_is_an_error(marked: Campaign) -> None:
    """What loses points can't be called a right answer."""
    note = replace(EQUIVALENT, was="n = 0", becomes="n = 1")
    with pytest.raises(CourseError, match="must get full marks"):
        take_notes(marked, [note], all_mutants(marked))


def test_a_stale_note_is_an_error(marked: Campaign) -> None:
    """A note whose change can't be made any more is told."""
    with pytest.raises(CourseError, match="stale note"):
        take_notes(marked, [EQUIVALENT], all_mutants(marked))


def test_a_note_says_which_of_several_it_means(marked: Campaign) -> None:
    """Where two changes read the same, a note without `at` is refused."""
    mutant = marked.fates[0].mutant
    twins = [mutant, replace(mutant, at=2)]
    note = Note("q1", mutant.was, mutant.becomes, 0, "the same")
    with pytest.raises(CourseError, match="at = 1"):
        noted([note], twins)
    assert noted([replace(note, at=2)], twins) == {twins[1]: replace(note, at=2)}


def test_notes_are_read(tmp_path: Path) -> None:
    """A reason may stand for several changes."""
    folder = tmp_path / "tests" / "submissions" / "tiny"
    folder.mkdir(parents=True)
    (folder / "equivalent.toml").write_text(
        '[[equivalent]]\npart = "q1"\nnote = "why\\n not"\n'
        'changes = [{was = "a", becomes = "b"}, {was = "c", becomes = "d", at = 2}]\n',
        "utf-8",
    )
    assert read_notes(tmp_path, "tiny") == [
        Note("q1", "a", "b", 0, "why not"),
        Note("q1", "c", "d", 2, "why not"),
    ]


def test_a_note_needs_a_reason(tmp_path: Path) -> None:
    """A note without one is refused."""
    folder = tmp_path / "tests" / "submissions" / "tiny"
    folder.mkdir(parents=True)
    text = '[[equivalent]]\npart = "q1"\nnote = " "\nchanges = [{was = "a", becomes = "b"}]\n'
    (folder / "equivalent.toml").write_text(text, "utf-8")
    with pytest.raises(CourseError, match="must have a reason"):
        read_notes(tmp_path, "tiny")


def test_a_model_solution_that_loses_points_is_an_error(course: Path) -> None:
    """Nothing is measured against a test that the model solution fails."""
    path = course / "checks" / "tiny" / "test_q1.py"
    path.write_text(HIDDEN.replace("== 6", "== 7"), "utf-8")
    try:
        with pytest.raises(CourseError, match="model solution must pass"):
            mutate(course, "tiny")
    finally:
        path.write_text(HIDDEN, "utf-8")


def seeds_tried(course: Path, hidden: str) -> list[dict[str, Any]]:
    """What forty seeds say of the model solution with these hidden tests."""
    path = course / "checks" / "tiny" / "test_q1.py"
    path.write_text(hidden, "utf-8")
    order = {"work": "seeds", "course": str(course), "assignment": "tiny", "question": ""}
    try:
        (lines,) = in_children([{**order, "first": 0, "seeds": 40, "seconds": 0}])
    finally:
        path.write_text(HIDDEN, "utf-8")
    return lines


def test_seeds_that_reject_a_right_answer_are_found(course: Path) -> None:
    """A hidden test that rejects some inputs by mistake is told, with the seed."""
    lines = seeds_tried(course, HIDDEN.replace("== 6", "== 6 and values[0] != start"))
    rejected = [line for line in lines if "case" in line]
    assert 1 <= len(rejected) <= 60  # 80 draws, one in nine bad ones: 8.9 expected
    assert lines[-1]["seeds"] == 40


def test_a_part_that_draws_nothing_is_marked_once(course: Path) -> None:
    """Another seed would show its tests the same inputs again."""
    fixed = HIDDEN.replace("student, rng, start", "student, start")
    lines = seeds_tried(course, fixed.replace("rng.permutation(9)", "range(9)"))
    assert [(line["seeds"], line["drawn"]) for line in lines] == [(1, False)]
