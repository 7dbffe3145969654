"""Feedback and exports wait for every mark: nbgrader's own commands and formgrader's, for real."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.grade.pipeline import grade_assignment
from autograder.grade.unmarked import OVERRIDE, not_marked, refuse_not_marked
from tests.autograder.grade.conftest import NAME, TinyCourse, nbgrader

TRIP = "trip = 1\ndef double(x): return 2 * x"


@pytest.fixture(scope="module")
def tiny(make_tiny: Callable[..., TinyCourse]) -> TinyCourse:
    """good is marked, tripped is not through our fault, fresh was collected afterwards."""
    tiny = make_tiny()
    tiny.submit("good", tiny.model())
    tiny.submit("tripped", tiny.model(q1_answer=TRIP))
    grade_assignment(tiny.course, NAME)
    tiny.submit("fresh", tiny.model())
    (tiny.folder / "exchange").mkdir(mode=0o777)
    return tiny


def refused(tiny: TinyCourse, *command: str) -> str:
    done = nbgrader(tiny.folder, *command, check=False)
    assert done.returncode != 0, command
    return done.stdout + done.stderr


class TestWhoIsNotMarked:
    """The answer itself."""

    def test_the_judges_fault_and_the_ungraded(self, tiny: TinyCourse) -> None:
        """Both are named, with the reason; who has a mark is not."""
        found = not_marked(tiny.course, NAME)
        assert set(found) == {"tripped", "fresh"}
        assert "not graded" in found["fresh"]

    def test_the_error_says_who_and_what_to_do(self, tiny: TinyCourse) -> None:
        """Assignment, students, the command that mends it and the option to go on."""
        with pytest.raises(CourseError, match="fresh .*tripped") as caught:
            refuse_not_marked(tiny.course, [NAME], "export")
        assert f"tdl grade {NAME}" in str(caught.value) and OVERRIDE in str(caught.value)

    def test_only_those_who_are_concerned(self, tiny: TinyCourse) -> None:
        """Others' submissions hold nobody's feedback back."""
        refuse_not_marked(tiny.course, [NAME], "feedback", lambda student: student == "good")

    def test_marks_of_nbgrader_alone_are_marks(self, make_tiny: Callable[..., TinyCourse]) -> None:
        """A course that took up the judge later has no records of what was graded before."""
        other = make_tiny()
        other.submit("old", other.model())
        (other.folder / "autograded" / "old" / NAME).mkdir(parents=True)
        assert not_marked(other.course, NAME) == {}


@pytest.mark.slow
class TestCommands:
    """nbgrader's commands, in a process of their own."""

    def test_feedback_is_refused_until_told_otherwise(self, tiny: TinyCourse) -> None:
        """generate_feedback names the students and writes nothing; the option overrides."""
        assert "tripped" in refused(tiny, "generate_feedback", NAME)
        assert not list((tiny.folder / "feedback").rglob("*.html"))
        nbgrader(tiny.folder, "generate_feedback", NAME, OVERRIDE)
        assert (tiny.folder / "feedback/good" / NAME / f"{NAME}.html").is_file()

    def test_export_is_refused_unless_those_who_are_asked_for_are_marked(
        self, tiny: TinyCourse
    ) -> None:
        """No grades.csv with zeros that are nobody's; ExportPlugin's own lists choose."""
        assert "tripped" in refused(tiny, "export")
        assert not (tiny.folder / "grades.csv").exists()
        nbgrader(tiny.folder, "export", "--student", "['good']")
        with open(tiny.folder / "grades.csv", newline="", encoding="utf-8") as file:
            assert [row["student_id"] for row in csv.DictReader(file)] == ["good"]


@pytest.fixture
def in_course(tiny: TinyCourse) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(tiny.folder)
    yield
    os.chdir(before)


# nbgrader 0.9.6 misspells an argument of its own there, which traitlets warns of.
@pytest.mark.filterwarnings("ignore:Passing unrecognized arguments:DeprecationWarning")
def test_formgraders_buttons_refuse_too(tiny: TinyCourse, in_course: None) -> None:
    """The server's API fails in the way that formgrader shows, with the names."""
    from nbgrader.apps import NbGraderAPI

    api = NbGraderAPI(tiny.course.coursedir, config=tiny.course.config)
    for result in (api.generate_feedback(NAME), api.release_feedback(NAME)):
        assert result["success"] is False
        assert "tripped" in result["log"] + result.get("error", "")
    assert not list((tiny.folder / "exchange").rglob("*.html"))
