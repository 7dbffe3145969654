"""Both of a team get the mark; disagreements are told and settled by nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.grade.auditing import audit_log, repeat
from autograder.grade.course import load_course
from autograder.grade.gradebook import open_gradebook
from autograder.grade.pipeline import Progress, read_notebooks
from autograder.grade.snapshots import snapshots
from autograder.grade.teams import pairing_of, resolve
from autograder.ledger.gather import course_grades
from autograder.ledger.teams import set_team, teams
from autograder.pairing import grade_class, record_teams, submitters
from autograder.selfcheck.team import TEAM_FILE
from tests.autograder.grade.conftest import NAME, TinyCourse, nbgrader
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
        set_team(gradebook, "pair:hw0", "ada+kurt", ["ada", "kurt"])
    found = record_teams(course, "hw0")
    assert found.teams == (("ada", "grace"),)
    assert "alan names kurt, who names nobody" in found.conflicts
    assert any(sentence.startswith("kurt: team.json must") for sentence in found.conflicts)
    assert found.notes == ("ada, grace are a team and handed in different work; the latest counts",)
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        assert teams(gradebook, "pair", "hw0")["ada+grace"] == ("ada", "grace")
        assert "ada+kurt" not in teams(gradebook, "pair", "hw0")
    assert pairing_of(course, "hw0", ENROLLED) == found


def test_a_team_that_staff_made_stands(tmp_path: Path) -> None:
    """`tdl teams pair:hw0 p1 ...` survives grading; what submissions say against it is told."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    course = load_course(tmp_path)
    hand_in(course.root, "ada", "grace")
    hand_in(course.root, "alan", "emmy")
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        for student in (*ENROLLED, "emmy"):
            gradebook.update_or_create_student(student)
        set_team(gradebook, "pair:hw0", "p1", ["ada", "kurt"])
    found = record_teams(course, "hw0")
    assert found.notes == ("ada, grace name each other; team p1 stands",)
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        assert teams(gradebook, "pair", "hw0") == {
            "p1": ("ada", "kurt"),
            "alan+emmy": ("alan", "emmy"),
        }


def test_recorded_teams_can_be_had_back(tmp_path: Path) -> None:
    """The gradebook is copied before its teams change, and not when they are as they were."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    course = load_course(tmp_path)
    hand_in(course.root, "ada", "grace")
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        gradebook.update_or_create_student("grace")
    for _ in range(2):
        record_teams(course, "hw0")
        assert len(snapshots(course)) == 1


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ("", {"ada": "ada+grace", "grace": "ada+grace"}),
        (
            'c.Grading.preset = "pairs-and-seminar"',
            {"ada": "ada+grace", "grace": "ada+grace", "alan": "alan+kurt", "kurt": "alan+kurt"},
        ),
        ("c.Judge.common_seeds = True", {}),
        ("c.Grading.teams = False", {}),
    ],
    ids=["named", "and by the scheme", "the same for all", "alone"],
)
def test_hidden_inputs_are_drawn_for_who_shares_a_mark(
    tmp_path: Path, settings: str, keys: dict[str, str]
) -> None:
    """Who name each other, and pairs of the whole course where the scheme asks for pairs."""
    config = (ROOT / "nbgrader_config.py").read_text()
    (tmp_path / "nbgrader_config.py").write_text(f"{config}\n{settings}\n")
    course = load_course(tmp_path)
    hand_in(course.root, "ada", "grace")
    (course.root / "submitted" / "ada" / "hw0").rename(course.root / "submitted" / "ada" / "hw1")
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        for student in ENROLLED:
            gradebook.update_or_create_student(student)
        set_team(gradebook, "pair", "p1", ["alan", "kurt"])
    assert submitters(course, "hw1") == keys


SCHEME = """
c.Grading.components = {"all": {"weight": 1, "items": ["tiny"]}}
"""
FULL, LESS = {}, {"q3_answer": "def triple(x):\n    return 0"}


def team_up(tiny: TinyCourse, student: str, *partners: str, when: int, **answers: str) -> None:
    folder = tiny.submit(student, tiny.model(**answers))
    (folder / TEAM_FILE).write_text(json.dumps({"partners": partners}))
    (folder / "timestamp.txt").write_text(f"2026-03-01 12:00:{when:02} UTC")


@pytest.fixture(scope="module")
def graded(make_tiny: Callable[..., TinyCourse]) -> tuple[TinyCourse, str, dict[str, object]]:
    """Graded by `tdl grade`: ada for ada and grace; two who both hand in; two who disagree."""
    tiny = make_tiny(SCHEME)
    with tiny.gradebook() as book:
        for student in (*ENROLLED, "emmy", "noether"):
            book.update_or_create_student(student)
    team_up(tiny, "ada", "grace", when=0)
    team_up(tiny, "emmy", "noether", when=1, **LESS)
    team_up(tiny, "noether", "emmy", when=2)
    team_up(tiny, "alan", "kurt", when=0)
    team_up(tiny, "kurt", when=0, **LESS)
    command = [sys.executable, "-m", "autograder.cli", "grade", NAME, "--json", "run.json"]
    done = subprocess.run(command, cwd=tiny.folder, capture_output=True, text=True, check=True)
    run = json.loads((tiny.folder / "run.json").read_text())
    for student in ("ada", "emmy", "noether", "alan", "kurt"):
        tiny.mark_by_hand(student, "q2", 5)
    return tiny, done.stderr, {row["student"]: row for row in run["submissions"]}


def test_both_get_the_mark(graded: tuple[TinyCourse, str, dict[str, object]]) -> None:
    """In the course's grades: who handed in nothing, and who handed in earlier than the partner."""
    rows = {row.person.id: row for row in course_grades(graded[0].course).rows}
    scores = {student: row.marks["all"][NAME].points for student, row in rows.items()}
    assert scores["grace"] == scores["ada"] == scores["noether"] == scores["emmy"] == 12
    assert (scores["alan"], scores["kurt"]) == (12, 9), "who disagrees is alone"


def test_partners_get_the_same_hidden_inputs(
    graded: tuple[TinyCourse, str, dict[str, object]],
) -> None:
    """Seeds of a team are the team's, on record, and a repeat draws them again."""
    course = graded[0].course
    seeds = {
        entry["student"]: [test["seed"] for test in entry["marks"]["q1"]["tests"]]
        for entry in audit_log(course, NAME).entries()
    }
    assert seeds["emmy"] == seeds["noether"] != seeds["ada"]
    assert seeds["alan"] != seeds["kurt"], "who disagrees is alone"
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        repeated = repeat(course, NAME, "emmy", read_notebooks(course, NAME, gradebook))
    assert (repeated.changed, repeated.differences) == ([], [])


def test_a_new_partner_is_graded_anew(graded: tuple[TinyCourse, str, dict[str, object]]) -> None:
    """Nothing is due for who stays in a team; who is now alone has other inputs."""
    course = graded[0].course
    run, _ = grade_class(course, NAME, dry_run=True)
    assert run["changes"] == []
    due: list[int] = []
    progress = Progress(begin=lambda todo, skipped: due.append(todo))
    grade_class(course, NAME, dry_run=True, progress=progress)
    (course.folder("submitted", "noether", NAME) / TEAM_FILE).write_text('{"partners": []}')
    grade_class(course, NAME, dry_run=True, progress=progress)
    assert due == [0, 2]


def test_the_run_shows_whose_work_it_was(
    graded: tuple[TinyCourse, str, dict[str, dict[str, object]]],
) -> None:
    """A partner's row is no row of zeros."""
    rows = graded[2]
    assert rows["grace"]["score"] == rows["ada"]["score"] == 7
    assert rows["grace"]["flags"] == ["handed in by ada for both"]
    assert rows["ada"]["flags"] == []


def test_the_instructor_reads_of_conflicts(
    graded: tuple[TinyCourse, str, dict[str, object]],
) -> None:
    """From `tdl grade`, and in the log of nbgrader's autograde, which is formgrader's too."""
    tiny, said, _ = graded
    conflict = "team conflict: alan names kurt, who names nobody"
    assert conflict in said
    assert "emmy, noether are a team and handed in different work; the latest counts" in said
    done = nbgrader(tiny.folder, "autograde", NAME)
    assert conflict in done.stdout + done.stderr


def test_a_course_may_have_everybody_hand_in_alone(make_tiny: Callable[..., TinyCourse]) -> None:
    """Names are then reported, and give nobody a mark."""
    tiny = make_tiny("c.Grading.teams = False")
    team_up(tiny, "ada", "grace", when=0)
    found = pairing_of(tiny.course, NAME, ENROLLED)
    assert found.teams == ()
    assert found.conflicts[0].startswith("ada names partners, and c.Grading.teams")
