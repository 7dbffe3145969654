"""Extensions and excuses of single students.

An extension lies in nbgrader's own field as soon as there is a submission to bear it; until then,
and as the record that a second collection can't lose, in a table of ours.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from nbgrader.api import MissingEntry
from sqlalchemy import delete, insert, select

from autograder.errors import CourseError
from autograder.ledger.tables import exceptions, now, session_of

DAY = 86400.0
MOST = 1000 * DAY


@dataclass(frozen=True)
class Special:
    """What is different for one student in one item; `seconds` None: excused."""

    item: str
    student: str
    seconds: float | None
    reason: str


def set_exception(
    gradebook: Any, item: str, student: str, seconds: float | None, reason: str = ""
) -> None:
    """Extend a deadline by so many seconds, or excuse a student with None; 0 takes either back.

    Raises:
        CourseError: an unknown student, or a negative extension.
    """
    if student not in {each.id for each in gradebook.students}:
        raise CourseError(f"student must be a known one, got {student!r}")
    if seconds is not None and not 0 <= seconds <= MOST:
        raise CourseError(f"extension must be from 0 to {MOST / DAY:g} days, got {seconds / DAY:g}")
    session = session_of(gradebook)
    table = exceptions.c
    session.execute(delete(exceptions).where(table.item == item, table.student == student))
    if seconds is None or seconds > 0:
        row = {"item": item, "student": student, "seconds": seconds}
        session.execute(insert(exceptions).values(**row, reason=reason, created=now()))
    session.commit()
    _give_to_nbgrader(gradebook, item, student, seconds or 0.0)


def all_exceptions(gradebook: Any) -> dict[tuple[str, str], Special]:
    """(item, student) -> what is different for them."""
    table = exceptions.c
    query = select(table.item, table.student, table.seconds, table.reason)
    rows = session_of(gradebook).execute(query.order_by(table.item, table.student))
    return {(row.item, row.student): Special(*row) for row in rows}


def give_extensions_to_nbgrader(gradebook: Any) -> None:
    """Write extensions into submissions that have been collected since they were granted."""
    for one in all_exceptions(gradebook).values():
        if one.seconds is not None:
            _give_to_nbgrader(gradebook, one.item, one.student, one.seconds)


def _give_to_nbgrader(gradebook: Any, item: str, student: str, seconds: float) -> None:
    try:
        submission = gradebook.find_submission(item, student)
    except MissingEntry:
        return
    extension = datetime.timedelta(seconds=seconds) if seconds else None
    if submission.extension != extension:
        submission.extension = extension
        gradebook.db.commit()
