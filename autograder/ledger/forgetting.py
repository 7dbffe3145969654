"""Deletes everything that a course keeps of one student, and says what it deleted."""

from __future__ import annotations

import shutil
from typing import Any

from nbgrader.api import MissingEntry
from sqlalchemy import delete, select

from autograder.errors import CourseError
from autograder.grade.audit import AuditLog
from autograder.grade.auditing import audit_log
from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.grade.records import Records
from autograder.grade.snapshots import forget_snapshots
from autograder.ledger.tables import metadata, session_of, team_members

STEPS = ("submitted", "autograded", "feedback")


def forget_student(course: CourseFolder, student: str) -> list[str]:
    """Delete a student's marks, submissions, feedback and records; lines that say what.

    Snapshots of the gradebook go too, all of them, since each holds the student's marks. What has
    left the course folder (the exchange, feedback already fetched, exports, backups) is not
    touched.

    Raises:
        CourseError: the gradebook knows no such student.
    """
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        assignments = [assignment.name for assignment in gradebook.assignments]
        try:
            gradebook.remove_student(student)
        except MissingEntry:
            raise CourseError(f"student must be in the gradebook, got {student!r}") from None
        rows = _forget_rows(gradebook, student)
    folders = _forget_folders(course, assignments, student)
    return [
        f"gradebook: {student} and all marks; {rows} rows of teams, rubrics and extensions",
        f"folders: {folders}",
        f"snapshots: {forget_snapshots(course)}",
    ]


def _forget_rows(gradebook: Any, student: str) -> int:
    session = session_of(gradebook)
    count: int = 0
    for table in metadata.sorted_tables:
        for name in ("student", "subject"):
            if name in table.c:
                query = delete(table).where(table.c[name] == student)
                if "of_team" in table.c:
                    query = query.where(table.c.of_team.is_(False))
                count += session.execute(query).rowcount
    teams = select(team_members.c.id, team_members.c.team)
    named = [id for id, team in session.execute(teams) if _names(team, student)]
    count += session.execute(delete(team_members).where(team_members.c.id.in_(named))).rowcount
    session.commit()
    return count


def _names(team: str, student: str) -> bool:
    """Whether a team is called by its members' ids, as those that submissions name are."""
    return "+" in team and student in team.split("+")


def _forget_folders(course: CourseFolder, assignments: list[str], student: str) -> int:
    count = 0
    for assignment in assignments:
        Records(course.state / "records" / assignment).forget(student)
        _forget_audit(course, assignment, student)
        for step in STEPS:
            folder = course.folder(step, student, assignment)
            if folder.is_dir():
                shutil.rmtree(folder)
                count += 1
            if folder.parent.name == student and folder.parent.is_dir():
                leftover = list(folder.parent.iterdir())
                if not leftover:
                    folder.parent.rmdir()
    return count


def _forget_audit(course: CourseFolder, assignment: str, student: str) -> None:
    """The audit record without a student, chained anew: times and marks of others stay."""
    log = audit_log(course, assignment)
    if not log.path.is_file():
        return
    kept = [entry for entry in log.entries() if entry.get("student") != student]
    kept = [{**e, "team": ""} if _names(e.get("team", ""), student) else e for e in kept]
    draft = AuditLog(log.path.with_name(f".{log.path.name}.tmp"))
    draft.path.unlink(missing_ok=True)
    draft.path.touch(0o600)
    for entry in kept:
        draft.append({key: value for key, value in entry.items() if key != "previous"})
    draft.path.replace(log.path)
