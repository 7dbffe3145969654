"""`tdl new` and `tdl doctor hw`: what is made is in order, and what is broken is found."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.errors import CourseError
from autograder.grade.course import CourseFolder, load_course
from autograder.inspecting import inspect_assignment
from autograder.planning import inspect_dates
from autograder.rehearsing import inspect_course
from autograder.releasing import assignments_of, generate_trees
from autograder.scaffold import Q2_TASK, new_homework
from autograder.verdicts import grade_corpus, quality
from tests.courses import ROOT

NOW = datetime.datetime(2026, 10, 1)


def empty_course(folder: Path, extra: str = "") -> CourseFolder:
    """A course with our configuration and nothing in it."""
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    text = f'{config}\nc.Course.checks = "checks"\n{extra}\n'
    (folder / "nbgrader_config.py").write_text(text, "utf-8")
    return load_course(folder)


@pytest.fixture
def made(tmp_path: Path) -> CourseFolder:
    """A course with the homework that tdl new makes."""
    course = empty_course(tmp_path)
    new_homework(course, "hw5")
    return course


@pytest.mark.slow
def test_a_new_homework_works_at_once(tmp_path: Path) -> None:
    """Made by the command, it passes doctor with its solution at 100 %, and its corpus holds."""
    course = empty_course(tmp_path)
    done = CliRunner().invoke(app, ["new", "hw5", "--title", "Kernels", "-C", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert inspect_course(course.root, [], run=True) == []
    released = (tmp_path / "assignments" / "hw5" / "hw5.ipynb").read_text()
    assert "# Kernels" in released and "top = z.max" not in released and "| b | 2 |" not in released
    comparisons = grade_corpus(course.root, "hw5", jobs=2)
    assert [c.differences for c in comparisons if c.differences] == []
    assert quality(comparisons)["q1"].wrong == 4


def test_new_overwrites_nothing(made: CourseFolder) -> None:
    """Neither a source nor tests nor a corpus of that name."""
    with pytest.raises(CourseError, match="must not exist yet"):
        new_homework(made, "hw5")
    with pytest.raises(CourseError, match="must be letters and digits"):
        new_homework(made, "../hw6")


def test_the_homeworks_of_this_course_are_in_order() -> None:
    """As far as reading tells."""
    course = load_course(ROOT)
    found = [f for name in assignments_of(ROOT) for f in inspect_assignment(course, name)]
    assert [str(finding) for finding in found] == []


Change = Callable[[dict[str, Any], Path], None]


def cell(notebook: dict[str, Any], id: str) -> dict[str, Any]:
    return next(c for c in notebook["cells"] if c["metadata"]["nbgrader"]["grade_id"] == id)


def set_text(id: str, old: str, new: str) -> Change:
    def change(notebook: dict[str, Any], root: Path) -> None:
        text = "".join(cell(notebook, id)["source"])
        assert old in text
        cell(notebook, id)["source"] = text.replace(old, new)

    return change


def set_mark(id: str, **marks: Any) -> Change:
    def change(notebook: dict[str, Any], root: Path) -> None:
        cell(notebook, id)["metadata"]["nbgrader"].update(marks)

    return change


def set_file(path: str, old: str, new: str) -> Change:
    def change(notebook: dict[str, Any], root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return change


def remove(path: str) -> Change:
    def change(notebook: dict[str, Any], root: Path) -> None:
        shutil.rmtree(root / path)

    return change


PUBLIC, HIDDEN = "source/hw5/tests/test_q1.py", "checks/hw5/test_q1.py"
CORPUS = "tests/submissions/hw5"
FIXTURE = "import numpy as np\n\n@__import__('pytest').fixture\ndef expected(reference): ...\n"
BY_NAME = "@pytest.mark.usefixtures('reference')\n"
SCHEME = Q2_TASK.partition("BEGIN MARK SCHEME ===\n")[2].partition("\n=== END")[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (set_mark("q2", points=5), "[q2]: mark scheme adds up to 4 of 5 points"),
        (set_text("q2", "| c | 1 |", "- 3: a. - 2: b"), "[q2]: mark scheme adds up to 8 of 4"),
        (set_text("q2", "MARK SCHEME", "SCHEME"), "[q2]: has points and no mark scheme"),
        (set_mark("q2-answer", points=None), "[q2-answer]: is graded and has no points"),
        (set_text("q1", '"q1"', '"q2"'), '[q1]: holds check("q2"); write exactly check("q1")'),
        (set_mark("q1", grade_id="q3"), "has points and no hidden test"),
        (set_mark("q1", grade_id="q3"), "is of q1, which has no check cell"),
        (set_mark("setup", grade_id="q1"), "[q1]: this id is used twice"),
        (remove("checks"), "[q1]: has points and no hidden test; write checks/hw5/test_q1.py"),
        (set_file(PUBLIC, "(student, rng)", "(student, reference)"), "needs the reference"),
        (set_file(PUBLIC, '    """z is the same after the call."""\n', ""), "has no docstring"),
        (remove(f"{CORPUS}/correct"), "has no correct submission"),
        (remove(f"{CORPUS}/wrong"), "[q1]: has no wrong submission for it"),
        (set_file(f"{CORPUS}/wrong/q1_overflows/expect.toml", "q1 =", "q9 ="), "marks in q9"),
        (set_text("q1-statement", "`log_sum_exp(z)`", "`logsum(z)`"), "mentions logsum()"),
        (set_text("setup", "import numpy as np", "import tdlcourse.tensors"), "not in the kit"),
        (set_file(PUBLIC, "import numpy", "import ("), f"{PUBLIC}: can't be read"),
        (set_mark("q1", points=5), "[q1-statement]: its heading says 6 points, q1 has 5"),
        (set_file(HIDDEN, "weight=", "weight=0e"), "[q1]: has 6 points, and all of its"),
        (set_file(f"{CORPUS}/wrong/q1_overflows/expect.toml", "q1 =", "q1 = { score = 7.0 } #"),
         "wrong/q1_overflows expects 7 of 6 points"),
        (set_file(PUBLIC, "import numpy", "import tdlcourse.tensors, numpy"), "public tests imp"),
        (set_text("setup", "import numpy", "import pandas, numpy"), "the kit does not install"),
        (set_text("setup", "import numpy", "import autograder.cli, numpy"), "imports autograder"),
        (set_text("q1-answer", "def log", "def ("), "[q1-answer]: is not Python"),
        (set_text("q1-answer", "def log_sum_exp", "def logsum"), "mentions log_sum_exp()"),
        (set_text("intro", "Questions:", "Use `soft_max(z)`."), "[intro]: mentions soft_max()"),
        (set_text("setup", "import numpy", "%autosave 0\nimport pandas, numpy"), "not install"),
        (set_file(PUBLIC, "import numpy as np", FIXTURE), "public test expected needs the ref"),
        (set_file(PUBLIC, "def test_equal", f"{BY_NAME}def test_equal"), "entries needs the ref"),
        (set_text("q2", "| 1 |", "| one |"), "[q2]: mark scheme adds up to 2 of 4 points"),
        (set_text("q2", SCHEME, "- right: 4 points"), "[q2]: mark scheme says no points that"),
        (set_text("q2", SCHEME, "Left (1). Right (2; 1 if unclear)."), "adds up to 3 of 4"),
        (set_text("q2", SCHEME, "**Mark scheme q2 (5).** Left (2). Right (2)."), "headed 5 point"),
        (set_mark("q1", points="six"), "source/hw5: can't be read"),
        (set_file(PUBLIC, "def test_equal", "class Broken(\ndef test_equal"), "can't be read"),
    ],
)  # fmt: skip
def test_each_inconsistency_is_found(tmp_path: Path, change: Change, says: str) -> None:
    """With file and cell, and how to mend it; before the change nothing was."""
    course = empty_course(tmp_path, 'c.Course.embargo["hw5"] = ["tdlcourse.tensors"]')
    new_homework(course, "hw5")
    assert inspect_assignment(course, "hw5") == []
    path = tmp_path / "source" / "hw5" / "hw5.ipynb"
    notebook = json.loads(path.read_text())
    change(notebook, tmp_path)
    path.write_text(json.dumps(notebook))
    found = [str(finding) for finding in inspect_assignment(course, "hw5")]
    assert [line for line in found if says in line and "hw5" in line and ";" in line], found


def entry(release: str, due: str, hours: float = 6) -> dict[str, Any]:
    return {"release": release, "due": due, "hours": hours}


GOOD = {"hw1": entry("2026-10-05", "2026-10-19", 12), "hw2": entry("2026-10-19", "2026-11-02", 12)}
DATES = [
    (GOOD, ""),
    ({**GOOD, "hw0": entry("2026-09-01", "2026-09-20")}, "deadline 2026-09-20 is in the past"),
    ({"hw1": entry("2026-10-05", "2027-03-05")}, "more than 14"),
    ({"hw1": entry("2026-10-05", "2026-10-12", 11)}, "week 1 asks for 11.0 hours (hw1)"),
    ({"hw1": entry("2026-10-05", "2026-10-01")}, "is not after release"),
    ({"hw1": {"due": "soon"}}, "plan can't be read"),
]


@pytest.mark.parametrize(("plan", "says"), DATES)
def test_the_plan_of_the_term(tmp_path: Path, plan: dict[str, Any], says: str) -> None:
    """Deadlines, length of the term, hours of work a week."""
    course = empty_course(tmp_path, f"c.Course.plan = {plan!r}")
    for name in plan:
        (tmp_path / "source" / name).mkdir(parents=True)
    found = [str(finding) for finding in inspect_dates(course, NOW)]
    assert bool(found) == bool(says)
    assert not says or any(says in line for line in found), found


def test_a_kit_with_answers_before_their_deadline_is_found(tmp_path: Path) -> None:
    """hw3 goes out while hw1 is open, without any extension; a seminar has no kit."""
    embargo = 'c.Course.embargo = {"hw1": ["tdlcourse.tensors"], "hw3": []}'
    plan = {"hw1": GOOD["hw1"], "hw3": entry("2026-10-12", "2026-10-26")}
    plan["seminar"] = entry("2026-10-12", "2026-12-12", 0)
    course = empty_course(tmp_path, f"{embargo}\nc.Course.plan = {plan!r}")
    found = [str(finding) for finding in inspect_dates(course, NOW - datetime.timedelta(days=30))]
    assert len(found) == 1
    assert "['hw3']" in found[0] and "the answers of hw1, until 2026-10-19" in found[0]


def test_what_goes_out_soon_has_a_source(tmp_path: Path) -> None:
    """Two weeks before; and a folder without its notebook is not passed over."""
    course = empty_course(tmp_path, f"c.Course.plan = {dict(hw1=GOOD['hw1'])!r}")
    (tmp_path / "source" / "hw2").mkdir(parents=True)
    found = [str(finding) for finding in inspect_dates(course, NOW)]
    assert found == [
        "nbgrader_config.py [c.Course.plan['hw1']]: it goes out on 2026-10-05 and has no source; "
        "`tdl new hw1`, or take it out of the plan"
    ]
    (tmp_path / "source" / "hw1").mkdir()
    assert inspect_dates(course, NOW) == []
    named = [finding.file for finding in inspect_course(course.root, [])]
    assert named[-2:] == ["source/hw1", "source/hw2"]


@pytest.mark.slow
def test_an_extension_that_overlaps_with_the_answers_is_found(tmp_path: Path) -> None:
    """hw3's kit holds hw1's answers; an extension of hw1 runs past hw3's release."""
    from autograder.grade.gradebook import open_gradebook
    from autograder.ledger.exceptions import set_exception

    embargo = 'c.Course.embargo = {"hw1": ["tdlcourse.tensors"], "hw3": []}'
    plan = {"hw1": GOOD["hw1"], "hw3": GOOD["hw2"]}
    course = empty_course(tmp_path, f"{embargo}\nc.Course.plan = {plan!r}")
    with open_gradebook(course.db_url, "tdl") as gradebook:
        gradebook.add_student("ada")
        set_exception(gradebook, "hw1", "ada", 3 * 86400.0)
    (tmp_path / "source" / "hw1").mkdir(parents=True)
    found = [str(finding) for finding in inspect_dates(course, NOW)]
    assert len(found) == 1 and "its kit holds tdlcourse.tensors, the answers of hw1" in found[0]


@pytest.mark.slow
def test_a_deadline_in_the_gradebook_counts_as_well(tmp_path: Path) -> None:
    """In the past, or another day than planned; in UTC there, and in the plan with any offset."""
    from autograder.grade.gradebook import open_gradebook

    plan = {"hw1": entry("2026-10-05T08:00+02:00", "2026-10-19T23:59+02:00", 12)}
    course = empty_course(tmp_path, f"c.Course.plan = {plan!r}")
    (tmp_path / "source" / "hw1").mkdir(parents=True)
    with open_gradebook(course.db_url, "tdl") as gradebook:
        gradebook.add_assignment("hw1", duedate="2026-10-19 21:59 UTC")
        assert inspect_dates(course, NOW) == []
        gradebook.update_or_create_assignment("hw1", duedate="2026-10-26 21:59 UTC")
    (found,) = map(str, inspect_dates(course, NOW))
    assert found.startswith("gradebook [hw1]: deadline 2026-10-26") and "plan says" in found
    late = datetime.datetime(2026, 11, 1)
    assert any(
        "gradebook [hw1]" in str(f) and "in the past" in str(f) for f in inspect_dates(course, late)
    )
    (tmp_path / "submitted" / "ada" / "hw1").mkdir(parents=True)
    assert not any("in the past" in str(f) for f in inspect_dates(course, late))


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one homework, generated, with nothing to mend."""
    course = empty_course(tmp_path_factory.mktemp("in-order"))
    new_homework(course, "hw5")
    list(generate_trees(course.root))
    return course.root


def doctor(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["doctor", *arguments])
    return done.exit_code, done.stdout


@pytest.mark.slow
def test_the_whole_course_is_asked_for_by_course(
    in_order: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--course` alone, with -C, or with a folder; what only a run finds is found by all three."""
    copy = tmp_path / "copy"
    shutil.copytree(in_order, copy)
    monkeypatch.chdir(tmp_path)
    assert doctor("--course", "-C", "copy") == (0, "0 to mend\n")
    path = copy / "source" / "hw5" / "hw5.ipynb"
    path.write_text(path.read_text().replace("return top + np.log", "return np.log"))
    shutil.copytree(copy / "assignments/hw5", copy / "assignments/hw4")
    wanted = (
        "assignments/hw4: has no source; remove it",
        "source/hw5/hw5.ipynb [q1]: solution gets 0 of 6 points; mend the solution",
        "solutions/hw5/hw5.ipynb: is not what the source generates; run `tdl generate`",
    )
    told = doctor("--course", str(copy))
    assert told[0] == 1 and all(line in told[1] for line in wanted), told
    monkeypatch.chdir(copy)
    assert doctor("--course") == told


@pytest.mark.slow
def test_what_nbgrader_refuses_is_told_like_the_rest(in_order: Path, tmp_path: Path) -> None:
    """A notebook that can't be generated stops no inspection."""
    copy = tmp_path / "copy"
    shutil.copytree(in_order, copy)
    path = copy / "source" / "hw5" / "hw5.ipynb"
    notebook = json.loads(path.read_text())
    cell(notebook, "setup")["metadata"]["nbgrader"]["grade_id"] = "q1"
    path.write_text(json.dumps(notebook))
    found = [str(finding) for finding in inspect_course(copy, [], run=True)]
    assert any("[q1]: this id is used twice" in line for line in found)
    assert any("can't be generated or graded" in line for line in found)


def test_without_arguments_it_says_what_works_here(tmp_path: Path) -> None:
    """As ever, also in a folder that is named."""
    empty_course(tmp_path)
    code, said = doctor("-C", str(tmp_path))
    assert code == 0 and "grading here uses: " in said
    assert doctor()[1].startswith("python 3")


def test_a_folder_without_a_course_is_no_course_in_order(tmp_path: Path) -> None:
    """Asked in the wrong folder, it does not say that all is well."""
    assert doctor("--course", str(tmp_path)) == (
        1,
        "source: has no assignment; `tdl new hw1`, or -C another folder\n1 to mend\n",
    )
    with pytest.raises(CourseError, match="must be a folder, got none"):
        load_course(tmp_path / "hw1")
