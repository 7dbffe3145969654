"""After the end of an assignment, by policy: what hidden tests of a student's that failed were fed.

The inputs were drawn for this student, or for everybody with `c.Judge.common_seeds`; the answer is
never among them. `c.Grading.failing_inputs` is off unless a course sets it.
"""

from __future__ import annotations

import datetime
from typing import Any

from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.grade.records import Records
from autograder.ledger.exceptions import all_exceptions
from autograder.ledger.scheme import read_scheme
from autograder.ledger.tables import now

HEAD = "Inputs of a hidden test that failed:"


def replays(course: CourseFolder, assignment: str, student: str) -> dict[str, list[str]]:
    """Grade id -> text for each failed test that may be replayed; none before the end.

    Args:
        course: the course.
        assignment: its name.
        student: whose feedback it is.
    """
    if course.grading.failing_inputs == "never":
        return {}
    end = end_of(course, assignment)
    record = Records(course.state / "records" / assignment).read(student)
    if end is None or now() < end or record is None:
        return {}
    found: dict[str, list[str]] = {}
    for notebook in record["result"]["notebooks"].values():
        for grade_id, part in notebook["parts"].items():
            texts = [_text(test) for test in part["tests"] if test.get("inputs")]
            if texts:
                found[grade_id] = texts
    return found


def _text(test: dict[str, Any]) -> str:
    hint = [f"# Hint: {test['hint']}"] if test["hint"] else []
    return "\n".join([HEAD, *hint, test["inputs"]])


def end_of(course: CourseFolder, assignment: str) -> datetime.datetime | None:
    """When nobody can hand in any more, UTC: due date, the longest extension, the hard deadline.

    None without a due date: then it never ends.
    """
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        due = next((a.duedate for a in gradebook.assignments if a.name == assignment), None)
        given = [e.seconds or 0.0 for e in all_exceptions(gradebook).values()
                 if e.item == assignment]  # fmt: skip
    if due is None:
        return None
    late = None
    if course.grading.components or course.grading.preset:
        late = read_scheme(course.grading).late
    hard = float(getattr(late, "hard_days", None) or 0.0) if late is not None else 0.0
    longest = max(given, default=0.0)
    moment: datetime.datetime = due + datetime.timedelta(days=hard, seconds=longest)
    return moment
