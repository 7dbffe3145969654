"""The whole course as its report shows it: grades, runs and markers brought together."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from autograder.grade.choosing import find_submissions
from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.grade.pipeline import graded_run
from autograder.ledger.gather import CourseGrades, course_grades, people_of
from autograder.ledger.hand_marks import Answer, answers_by_hand
from autograder.ledger.marking import rubric_marks_of
from autograder.ledger.rubrics import Rubric, read_rubrics
from autograder.report.agreement import DoubleMark
from autograder.report.course import CourseResults, Scores, counted
from autograder.report.schema import Run, validate_run


def course_results(course: CourseFolder) -> CourseResults:
    """Everything that the course's page shows; parts of the grade only if a scheme is set.

    Raises:
        CourseError: the scheme, a rubric or a release is wrong.
    """
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        people = [person for person in people_of(gradebook).values() if not person.dropped]
        names = sorted(assignment.name for assignment in gradebook.assignments)
        double = [
            mark
            for name in names
            for mark in double_marks(answers_by_hand(gradebook, course, name).values(), name)
        ]
        for rubric in read_rubrics(course.root / course.grading.rubrics).values():
            double += double_marks_by_rubric(gradebook, rubric)
    runs = [graded_run(course, name) for name in names if find_submissions(course, name)]
    common: dict[str, Any] = {
        "title": course.title,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "students": len(people),
        "runs": tuple(_enrolled(validate_run(run), {p.id for p in people}) for run in runs),
        "double_marks": tuple(double),
    }
    if not course.grading.components and not course.grading.preset:
        return CourseResults(**common)
    grades = course_grades(course)
    return CourseResults(**common, **_graded(grades))


def with_late_policy(course: CourseFolder, run: Run) -> Run:
    """A run with the late penalties of the course's policy in the place of nbgrader's.

    Both are the same where the course has no policy, and where marks are still waited for.

    Raises:
        CourseError: the scheme, a rubric or an item is wrong.
    """
    if not course.grading.is_set:
        return run
    grades = course_grades(course)
    if grades.scheme.late is None:
        return run
    off = {
        row.person.id: float(marks[run["assignment"]].penalty)
        for row in grades.rows
        for marks in row.marks.values()
        if run["assignment"] in marks and marks[run["assignment"]].points is not None
    }
    rows = [row.copy() for row in run["submissions"]]
    for row in rows:
        row["late_penalty"] = off.get(row["student"], row["late_penalty"])
    return {**run, "submissions": rows}


def _enrolled(run: Run, students: Iterable[str]) -> Run:
    """A run without those who dropped; who handed in without being enrolled stays."""
    here = set(students)
    rows = [r for r in run["submissions"] if r["outcome"] != "missing" or r["student"] in here]
    return {**run, "submissions": rows}


def _graded(grades: CourseGrades) -> dict[str, Any]:
    rows = grades.rows
    passed = {True: "passed", False: "failed", None: "open"}
    told = {"passed": 0, "failed": 0, "open": 0}
    return {
        "totals": tuple(float(row.grade.total) for row in rows),
        "letters": {
            letter: counted([row.grade.letter for row in rows]).get(letter, 0)
            for letter in grades.scheme.letters
        },
        "passed": told | counted([passed[row.grade.passed] for row in rows]),
        "parts": tuple(_part(grades, name) for name in grades.items),
        "items": tuple(
            _item(grades, part, item) for part, items in grades.items.items() for item in items
        ),
    }


def _part(grades: CourseGrades, name: str) -> Scores:
    found = [row.grade.components[name] for row in grades.rows]
    weight = next(c.weight for c in grades.scheme.components if c.name == name)
    extra = next(c.extra_credit for c in grades.scheme.components if c.name == name)
    whole = sum(c.weight for c in grades.scheme.components if not c.extra_credit)
    told = f"adds {float(weight):g} %" if extra else f"{float(100 * weight / whole):g} %"
    return Scores(
        name,
        "",
        told,
        tuple(float(part.percent) / 100 for part in found if part.percent is not None),
        waiting=sum(bool(part.waiting) for part in found),
        excused=sum(part.percent is None for part in found),
    )


def _item(grades: CourseGrades, part: str, item: str) -> Scores:
    marks = [row.marks[part][item] for row in grades.rows]
    missing = [mark for mark in marks if mark.note == "missing"]
    taken = [mark for mark in marks if mark.points is not None and mark.note != "missing"]
    return Scores(
        item,
        part,
        "",
        tuple(float(mark.points / mark.most) for mark in taken if mark.points is not None),
        missing=len(missing),
        waiting=sum(mark.points is None and not mark.excused for mark in marks),
        excused=sum(mark.excused for mark in marks),
    )


def double_marks(answers: Iterable[Answer], assignment: str = "") -> list[DoubleMark]:
    """The answers that several people marked, by question.

    Args:
        answers: from `answers_by_hand`.
        assignment: put before the question; left out on an assignment's own page.
    """
    found = [
        DoubleMark(
            f"{assignment} {answer.cell}".strip(),
            answer.most,
            {marker: given.points for marker, given in sorted(answer.given.items())},
        )
        for answer in answers
        if len(answer.given) > 1
    ]
    return sorted(found, key=lambda mark: mark.item)


def double_marks_by_rubric(gradebook: Any, rubric: Rubric) -> list[DoubleMark]:
    """What several people marked by a rubric, criterion by criterion."""
    marks = rubric_marks_of(gradebook, rubric).values()
    return [
        DoubleMark(
            f"{rubric.item} {c.id}",
            float(c.points),
            dict(sorted(mark.criteria[c.id].items())),
        )
        for c in rubric.criteria
        for mark in marks
        if len(mark.criteria.get(c.id, {})) > 1 and c.points > 0
    ]
