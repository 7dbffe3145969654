"""Marks by rubric: several markers, averaged; comments; nothing is ever overwritten.

A group's mark counts for each of its members, unless a member was marked alone as well.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import insert, select

from autograder.errors import CourseError
from autograder.ledger.exact import exact
from autograder.ledger.rubrics import Rubric
from autograder.ledger.tables import now, rubric_marks, session_of
from autograder.ledger.teams import teams


@dataclass(frozen=True)
class Entry:
    """One marker's points in one criterion; points None takes an earlier one back."""

    item: str
    of_team: bool
    subject: str
    marker: str
    criterion: str
    points: float | None
    comment: str
    created: datetime.datetime


@dataclass(frozen=True)
class RubricMark:
    """What a subject has: points averaged over markers, None while a criterion has no mark.

    Attributes:
        points: sum of the criteria's means.
        criteria: criterion -> marker -> points.
        comments: (marker, criterion, text), those that hold.
    """

    points: Fraction | None
    criteria: dict[str, dict[str, float]]
    comments: tuple[tuple[str, str, str], ...]

    @property
    def spread(self) -> float:
        """The largest difference between two markers in one criterion."""
        return max((max(p.values()) - min(p.values()) for p in self.criteria.values()), default=0.0)


def enter_marks(
    gradebook: Any,
    rubric: Rubric,
    subject: str,
    marker: str,
    points: Mapping[str, float | None],
    comments: Mapping[str, str] | None = None,
    *,
    of_team: bool | None = None,
) -> None:
    """Add one marker's marks for a group or a student.

    Args:
        gradebook: an open one.
        rubric: what is marked.
        subject: id of the group, or of the student.
        marker: who marks.
        points: criterion -> points; None takes the marker's mark back.
        comments: criterion -> comment, for the student; only beside points.
        of_team: whether the subject is a group; None for what the rubric says.

    Raises:
        CourseError: unknown group, student or criterion, or points outside of [0, criterion's].
    """
    comments = comments or {}
    of_team = bool(rubric.team) if of_team is None else of_team
    check_marks(gradebook, rubric, subject, points, of_team, comments)
    created = now()
    rows = [
        vars(
            Entry(
                rubric.item, of_team, subject, marker, name, value, comments.get(name, ""), created
            )
        ).copy()
        for name, value in points.items()
    ]
    if rows:
        session = session_of(gradebook)
        session.execute(insert(rubric_marks), rows)
        session.commit()


def check_marks(
    gradebook: Any,
    rubric: Rubric,
    subject: str,
    points: Mapping[str, float | None],
    of_team: bool,
    comments: Mapping[str, str] | None = None,
) -> None:
    """Nothing, if these marks can be entered.

    Raises:
        CourseError: unknown group, student or criterion, points outside of [0, criterion's], or a
            comment on a criterion without points.
    """
    _check_subject(gradebook, rubric, subject, of_team)
    for name, value in points.items():
        most = rubric.criterion(name).points
        if value is not None and not 0 <= value <= most:
            expected = f"from 0 to {float(most):g}"
            raise CourseError(f"{rubric.item}.{name} must be {expected}, got {value:g}")
    for name in comments or ():
        if points.get(rubric.criterion(name).id) is None:
            raise CourseError(f"comment on {rubric.item}.{name} must come with points, got none")


def _check_subject(gradebook: Any, rubric: Rubric, subject: str, of_team: bool) -> None:
    if of_team and not rubric.team:
        raise CourseError(f"{rubric.item} must be marked by student, got group {subject!r}")
    known = (
        set(teams(gradebook, rubric.team, rubric.item))
        if of_team
        else {student.id for student in gradebook.students}
    )
    if subject not in known:
        what = f"group of kind {rubric.team}" if of_team else "student"
        raise CourseError(f"{what} must be a known one, got {subject!r}")


def history(
    gradebook: Any, item: str, subject: str | None = None, of_team: bool | None = None
) -> list[Entry]:
    """Every mark that was ever entered for an item, oldest first."""
    table = rubric_marks.c
    columns = [column for column in table if column.name != "id"]
    query = select(*columns).where(table.item == item).order_by(table.id)
    if subject is not None:
        query = query.where(table.subject == subject)
    if of_team is not None:
        query = query.where(table.of_team == of_team)
    return [Entry(**row._mapping) for row in session_of(gradebook).execute(query)]


def rubric_marks_of(gradebook: Any, rubric: Rubric) -> dict[tuple[bool, str], RubricMark]:
    """(is a team, subject) -> the mark that holds, of everything marked by a rubric."""
    latest: dict[tuple[bool, str], dict[tuple[str, str], Entry]] = {}
    for entry in history(gradebook, rubric.item):
        subject = latest.setdefault((entry.of_team, entry.subject), {})
        subject[entry.criterion, entry.marker] = entry
    marks = {key: _mark(rubric, list(entries.values())) for key, entries in latest.items()}
    return {key: mark for key, mark in marks.items() if mark.criteria}


def _mark(rubric: Rubric, entries: list[Entry]) -> RubricMark:
    criteria: dict[str, dict[str, float]] = {}
    comments = []
    for entry in entries:
        if entry.points is None:
            continue
        criteria.setdefault(entry.criterion, {})[entry.marker] = entry.points
        if entry.comment:
            comments.append((entry.marker, entry.criterion, entry.comment))
    asked = [c for c in rubric.criteria if c.id in criteria or not c.bonus]
    points = None
    if all(criterion.id in criteria for criterion in asked):
        points = sum((_mean(criteria[criterion.id]) for criterion in asked), Fraction(0))
    return RubricMark(points, criteria, tuple(comments))


def _mean(points: Mapping[str, float]) -> Fraction:
    return sum((exact(value) for value in points.values()), Fraction(0)) / len(points)
