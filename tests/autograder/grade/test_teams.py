"""Both of a team get the mark; disagreements are told and settled by nobody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.grade.course import load_course
from autograder.grade.gradebook import open_gradebook
from autograder.grade.teams import pairing_of, resolve
from autograder.ledger.teams import set_team, teams
from autograder.pairing import record_teams
from autograder.selfcheck.team import TEAM_FILE
from tests.courses import ROOT

ENROLLED = ("ada", "alan", "grace", "kurt")


def claims(**named: str) -> dict[str, frozenset[str]]:
    return {student: frozenset({student, *others.split()}) for student, others in named.items()}


def test_partners_who_name_each_other_are_a_team() -> None:
    """Once, in order, and people without partners are left alone."""
    found = resolve(claims(grace="ada", ada="grace", alan=""), ENROLLED)
    assert found.teams == (("ada", "grace"),)
    assert found.conflicts == ()


def test_one_may_hand_in_for_both() -> None:
    """A partner who handed in nothing contradicts nobody."""
    assert resolve(claims(ada="grace"), ENROLLED).teams == (("ada", "grace"),)


def test_three_must_all_agree() -> None:
    """The same three in every file."""
    assert resolve(claims(ada="alan kurt", alan="ada kurt", kurt="ada alan"), ENROLLED).teams == (
        ("ada", "alan", "kurt"),
    )
    found = resolve(claims(ada="alan kurt", alan="ada", kurt="ada alan"), ENROLLED)
    assert found.teams == ()
    assert "ada names alan, who names ada" in found.conflicts


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (claims(ada="grace", grace=""), "ada names grace, who names nobody"),
        (claims(ada="grace", grace="kurt"), "ada names grace, who names kurt"),
        (claims(ada="grace", alan="grace"), "ada and alan both name grace"),
        (claims(ada="nemo"), "ada names nemo, who is not enrolled"),
    ],
)
def test_a_disagreement_is_no_team(named: dict[str, frozenset[str]], sentence: str) -> None:
    """Nothing is decided, and the instructor reads who says what."""
    found = resolve(named, ENROLLED)
    assert not any("ada" in team for team in found.teams)
    assert sentence in found.conflicts


def hand_in(root: Path, student: str, *partners: str, answer: str = "x = 1") -> None:
    folder = root / "submitted" / student / "hw0"
    folder.mkdir(parents=True, exist_ok=True)
    marks = {"nbgrader": {"grade_id": "q2-answer", "solution": True}}
    cell = {"cell_type": "code", "metadata": marks, "source": answer}
    (folder / "hw0.ipynb").write_text(json.dumps({"cells": [cell]}))
    if partners:
        (folder / TEAM_FILE).write_text(json.dumps({"partners": partners}))


def test_agreed_teams_are_recorded_for_the_grades(tmp_path: Path) -> None:
    """In the course's gradebook, where the scheme of grades looks; what no longer holds goes."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    course = load_course(tmp_path)
    root = course.root
    hand_in(root, "ada", "grace")
    hand_in(root, "grace", "ada", answer="x = 2")
    hand_in(root, "alan", "kurt")
    hand_in(root, "kurt", "ada")
    (root / "submitted" / "kurt" / "hw0" / TEAM_FILE).write_text("{")
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        for student in ENROLLED:
            gradebook.update_or_create_student(student)
        set_team(gradebook, "pair:hw0", "old", ["ada", "kurt"])
    found = record_teams(course, "hw0")
    assert found.teams == (("ada", "grace"),)
    assert "alan names kurt, who names nobody" in found.conflicts
    assert any(sentence.startswith("kurt: team.json must") for sentence in found.conflicts)
    assert found.notes == ("ada, grace are a team and handed in different work; the latest counts",)
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        assert teams(gradebook, "pair", "hw0")["ada+grace"] == ("ada", "grace")
        assert "old" not in teams(gradebook, "pair", "hw0")
    assert pairing_of(course, "hw0", ENROLLED) == found
