"""Grades of a class from a real gradebook: teams, lateness, rubrics, what is waited for."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

import pytest

from autograder.errors import CourseError
from autograder.ledger.exceptions import set_exception
from autograder.ledger.gather import CourseGrades, course_grades
from autograder.ledger.marking import enter_marks, history, rubric_marks_of
from autograder.ledger.overview import with_late_policy
from autograder.ledger.rubrics import read_rubrics
from autograder.ledger.teams import set_team, teams
from tests.autograder.ledger.conftest import DUE, STUDENTS, Maker, SmallCourse

HOMEWORKS = {"homeworks": {"weight": 1, "items": ["hw*"], "team": "pair"}}
POLICY = {"grace_minutes": 15, "penalty_per_day": 10, "budget_days": 1, "hard_days": 7}
FUTURE = datetime.datetime(2999, 1, 1)


def totals(grades: CourseGrades) -> dict[str, float]:
    return {row.person.id: float(row.grade.total) for row in grades.rows}


def mark(grades: CourseGrades, student: str, item: str) -> tuple[float | None, str]:
    for row in grades.rows:
        for marks in row.marks.values():
            if row.person.id == student and item in marks:
                points = marks[item].points
                return None if points is None else float(points), marks[item].note
    raise LookupError(student, item)


def test_a_pair_shares_its_latest_submission(on_both: Maker) -> None:
    """Whoever of the two handed in last; who has no pair works alone; who did not, has nothing."""
    course = on_both(components=HOMEWORKS)
    course.assignment("hw1")
    course.submit("hw1", "ada", 9, hours_late=-5)
    course.submit("hw1", "bob", 6, hours_late=-3)
    course.submit("hw1", "cem", 4)
    with course.open() as book:
        set_team(book, "pair", "p1", ["ada", "bob"])
    assert totals(course_grades(course.folder)) == {"ada": 60, "bob": 60, "cem": 40, "dora": 0}


def test_pairs_may_differ_for_one_item(on_both: Maker) -> None:
    """pair:hw2 takes its students out of pairs, and leaves others'; a move leaves the old team."""
    course = on_both(components=HOMEWORKS)
    with course.open() as book:
        set_team(book, "pair", "p1", ["ada", "bob"])
        set_team(book, "pair:hw2", "x", ["ada", "cem"])
        assert teams(book, "pair", "hw1") == {"p1": ("ada", "bob")}
        set_team(book, "pair", "p3", ["dora"])
        assert teams(book, "pair", "hw2") == {"x": ("ada", "cem"), "p1": ("bob",), "p3": ("dora",)}
        set_team(book, "pair", "p2", ["bob", "dora"])
        assert teams(book, "pair") == {"p1": ("ada",), "p2": ("bob", "dora")}
        with pytest.raises(CourseError, match="'eve'"):
            set_team(book, "pair", "p4", ["eve"])


def late_course(make: Maker) -> SmallCourse:
    course = make(components={"hw": {"weight": 1, "items": ["hw*"]}}, late=POLICY)
    course.assignment("hw1")
    course.assignment("hw2", due=DUE + datetime.timedelta(days=7))
    return course


def test_late_days_are_spent_in_order_of_due_dates(on_both: Maker) -> None:
    """One free day: hw1's day is free, hw2's two cost twenty percent of its points."""
    course = late_course(on_both)
    course.submit("hw1", "ada", 8, hours_late=20)
    course.submit("hw2", "ada", 8, hours_late=7 * 24 + 47)
    course.submit("hw1", "bob", 8, hours_late=0.2)
    course.submit("hw1", "cem", 8, hours_late=24 * 8)
    grades = course_grades(course.folder)
    assert mark(grades, "ada", "hw1") == (8, "")
    assert mark(grades, "ada", "hw2") == (6, "")
    assert mark(grades, "bob", "hw1") == (8, "")
    assert mark(grades, "cem", "hw1") == (0, "")


def test_an_extension_moves_the_deadline_and_reaches_nbgrader(on_both: Maker) -> None:
    """Granted before the submission, it is in nbgrader's field once there is one."""
    course = late_course(on_both)
    with course.open() as book:
        set_exception(book, "hw1", "ada", 2 * 86400.0, "ill")
    course.submit("hw1", "ada", 8, hours_late=47)
    course.submit("hw2", "ada", 8)
    grades = course_grades(course.folder)
    assert mark(grades, "ada", "hw1")[0] == 8
    with course.open() as book:
        assert book.find_submission("hw1", "ada").extension == datetime.timedelta(days=2)
        assert book.find_submission("hw1", "ada").total_seconds_late == 0
        set_exception(book, "hw1", "ada", 0.0)
        assert book.find_submission("hw1", "ada").extension is None


def test_an_assignments_report_shows_the_penalty_that_counts(small: Maker) -> None:
    """That of the course's policy, as tdl grades has it, not the one of nbgrader's plugin."""
    course = small(preset="labs-theory-oral", late={"penalty_per_day": 10})
    course.assignment("hw1")
    course.submit("hw1", "ada", 8, hours_late=30)
    course.submit("hw1", "bob", None, hours_late=30)
    rows = [{"student": student, "late_penalty": 0.0} for student in ("ada", "bob")]
    run: Any = {"assignment": "hw1", "submissions": rows}
    found = with_late_policy(course.folder, run)["submissions"]
    assert [row["late_penalty"] for row in found] == [2.0, 0.0]


def test_without_a_policy_nbgraders_penalty_counts(small: Maker) -> None:
    """Its field is what the course's plugin wrote."""
    course = small(components=HOMEWORKS)
    course.assignment("hw1")
    course.submit("hw1", "ada", 8, hours_late=5, off=3)
    assert mark(course_grades(course.folder), "ada", "hw1")[0] == 5


def test_what_is_waited_for_is_no_zero(small: Maker) -> None:
    """Hand marks to come, a deadline to come, never graded: no letter yet; then a zero is one."""
    course = small(components=HOMEWORKS)
    course.assignment("hw1")
    course.assignment("hw2", due=FUTURE)
    course.submit("hw1", "ada", None)
    (course.folder.root / "submitted" / "bob" / "hw1").mkdir(parents=True)
    grades = course_grades(course.folder)
    assert mark(grades, "ada", "hw1") == (None, "waits for hand marks")
    assert mark(grades, "bob", "hw1") == (None, "not marked: collected, not graded")
    assert mark(grades, "cem", "hw1") == (0, "missing")
    assert mark(grades, "cem", "hw2") == (None, "still open")
    assert all(row.grade.passed is None for row in grades.rows)


def test_the_excused_are_not_counted(on_both: Maker) -> None:
    """Neither for nor against."""
    course = on_both(components=HOMEWORKS)
    for name, score in (("hw1", 9), ("hw2", 3)):
        course.assignment(name)
        course.submit(name, "ada", score)
    with course.open() as book:
        set_exception(book, "hw2", "ada", None, "certificate")
    assert totals(course_grades(course.folder))["ada"] == 90


class TestRubrics:
    """Marks without notebooks."""

    def course(self, make: Maker) -> SmallCourse:
        course = make(preset="pairs-and-seminar")
        with course.open() as book:
            set_team(book, "seminar", "g3", ["ada", "bob", "cem"])
        return course

    def test_markers_are_averaged_and_history_is_kept(self, on_both: Maker) -> None:
        """A marker's later mark replaces the earlier one, which stays in the history."""
        course = self.course(on_both)
        rubric = read_rubrics(course.root / "rubrics")["seminar"]
        with course.open() as book:
            enter_marks(book, rubric, "g3", "kay", {"talk": 5, "report": 5}, {"talk": "slow"})
            enter_marks(book, rubric, "g3", "lee", {"talk": 8})
            enter_marks(book, rubric, "g3", "kay", {"talk": 7})
            given = rubric_marks_of(book, rubric)[True, "g3"]
            old = history(book, "seminar", "g3")
        assert given.points == Fraction(15, 2) + 5 and given.spread == 1
        assert [(e.marker, e.criterion, e.points) for e in old if e.criterion == "talk"] == [
            ("kay", "talk", 5),
            ("lee", "talk", 8),
            ("kay", "talk", 7),
        ]
        assert old[0].comment == "slow"

    def test_a_group_mark_counts_for_each_unless_marked_alone(self, on_both: Maker) -> None:
        """12 of 15 for the group, 15 of 15 for the one who was marked alone; no group, no mark."""
        course = self.course(on_both)
        rubric = read_rubrics(course.root / "rubrics")["seminar"]
        with course.open() as book:
            enter_marks(book, rubric, "g3", "kay", {"talk": 8, "report": 4})
            enter_marks(book, rubric, "cem", "kay", {"talk": 10, "report": 5}, of_team=False)
        grades = course_grades(course.folder)
        found = {student: mark(grades, student, "seminar")[0] for student in STUDENTS}
        assert found == {"ada": 12, "bob": 12, "cem": 15, "dora": None}

    def test_a_mark_is_whole_when_every_criterion_has_one(self, small: Maker) -> None:
        """A bonus need not be given; a mark taken back is no mark."""
        course = self.course(small)
        rubric = read_rubrics(course.root / "rubrics")["seminar"]
        with course.open() as book:
            enter_marks(book, rubric, "g3", "kay", {"talk": 8})
            assert rubric_marks_of(book, rubric)[True, "g3"].points is None
            enter_marks(book, rubric, "g3", "kay", {"report": 4, "example": 2})
            assert rubric_marks_of(book, rubric)[True, "g3"].points == 14
            enter_marks(book, rubric, "g3", "kay", {"talk": None})
            assert rubric_marks_of(book, rubric)[True, "g3"].points is None

    @pytest.mark.parametrize(
        ("subject", "points", "says"),
        [
            ("g9", {"talk": 1}, "group of kind seminar must be a known one, got 'g9'"),
            ("g3", {"tlak": 1}, "must be one of talk, report, example, got tlak"),
            ("g3", {"talk": 11}, "seminar.talk must be from 0 to 10, got 11"),
            ("g3", {"talk": -1}, "got -1"),
            ("g3", {"talk": float("nan")}, "got nan"),
        ],
    )
    def test_wrong_marks_are_refused(
        self, small: Maker, subject: str, points: dict[str, float], says: str
    ) -> None:
        """And nothing is stored."""
        course = self.course(small)
        rubric = read_rubrics(course.root / "rubrics")["seminar"]
        with course.open() as book:
            with pytest.raises(CourseError, match=says):
                enter_marks(book, rubric, subject, "kay", points)
            assert history(book, "seminar") == []

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("criteria: [", "must be YAML"),
            ("criteria: []", "points to get"),
            ("x: 1\ncriteria: []", "got 'x'"),
            ("criteria: [{id: a, title: A}]", "id, title and points"),
            ("criteria: [{id: a, title: A, points: x}]", "a number at least 0"),
            ("criteria: &a [{id: a, title: A, points: 1}, {id: a, title: A, points: 1}]", "twice"),
            ("!!python/object/apply:os.system ['true']", "must be YAML"),
        ],
    )
    def test_a_wrong_rubric_is_refused(self, small: Maker, text: str, says: str) -> None:
        """By file and place."""
        course = small()
        (course.root / "rubrics" / "bad.yml").write_text(text)
        with pytest.raises(CourseError, match=says):
            read_rubrics(course.root / "rubrics")
