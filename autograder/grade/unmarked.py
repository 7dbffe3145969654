"""Whose marks are not known, through no fault of theirs, and the refusal to let results go out.

A submission that the judge could not mark, or that has been collected and never graded, has no
mark; nbgrader would export it as a zero and return feedback that looks like one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from autograder.errors import CourseError, shown
from autograder.grade.choosing import find_submissions, has_unmarked_part
from autograder.grade.course import CourseFolder
from autograder.grade.records import Records

MOST_NAMED = 20
OVERRIDE = "--Grading.allow_not_marked=True"


def not_marked(
    course: CourseFolder, assignment: str, concerns: Callable[[str], bool] = lambda student: True
) -> dict[str, str]:
    """Student -> why their submission of an assignment is not marked, for those that are not.

    Args:
        course: the course.
        assignment: its name.
        concerns: whether a student is asked about.
    """
    records = Records(course.state / "records" / assignment)
    found = {}
    for submission in find_submissions(course, assignment):
        student = submission.student
        if not concerns(student):
            continue
        record = records.read(student)
        if record is None:
            # Graded by nbgrader alone, before this grader was installed: that is a mark.
            if not course.folder("autograded", student, assignment).is_dir():
                found[student] = "collected, not graded"
        elif has_unmarked_part(record["result"]):
            found[student] = shown(record["result"].get("message") or "a part is not marked")
    return found


def refuse_not_marked(
    course: CourseFolder,
    assignments: Iterable[str],
    what: str,
    concerns: Callable[[str], bool] = lambda student: True,
    override: str = OVERRIDE,
) -> None:
    """Nothing if all submissions are marked, or if `c.Grading.allow_not_marked` is set.

    Args:
        course: the course.
        assignments: names.
        what: what can't be done, such as "export".
        concerns: whether a student is asked about.
        override: the option that allows it.

    Raises:
        CourseError: some are not; names assignments and students, and says how to go on.
    """
    if course.grading.allow_not_marked:
        return
    lines, students = [], dict[str, str]()
    for assignment in assignments:
        missing = not_marked(course, assignment, concerns)
        named = [f"{student} ({why})" for student, why in list(missing.items())[:MOST_NAMED]]
        more = [f"and {len(missing) - MOST_NAMED} more"] if len(missing) > MOST_NAMED else []
        students |= missing
        if missing:
            lines.append(
                f"{assignment}: {', '.join([*named, *more])}; run `tdl grade {assignment}`"
            )
    if lines:
        raise CourseError(
            f"{what} must wait until every submission is marked, got some that are not, through "
            "no fault of theirs:\n"
            + "\n".join(lines)
            + (_leave_out(students) if "feedback" in what else "")
            + f"\nTo go on without their marks: {override}"
        )


def _leave_out(students: Iterable[str]) -> str:
    """How to go on for everybody else: one submission must not make a class wait."""
    option = "--CourseDirectory.student_id_exclude"
    return f"\nSo that nobody else waits: {option}={','.join(students)}"
