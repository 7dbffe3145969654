"""Pairs and groups: who hands in together.

A kind of team ("pair", "seminar") divides students into teams; "pair:hw2" stands for the pairs of
one item, where these differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select

from autograder.errors import CourseError
from autograder.ledger.tables import session_of, team_members


def teams(gradebook: Any, kind: str, item: str = "") -> dict[str, tuple[str, ...]]:
    """Team -> its students, of a kind; those of the item alone, if there are any."""
    session = session_of(gradebook)
    for wanted in (f"{kind}:{item}", kind) if item else (kind,):
        table = team_members.c
        query = select(table.team, table.student).where(table.kind == wanted)
        rows = session.execute(query.order_by(table.team, table.student)).all()
        if rows:
            found: dict[str, tuple[str, ...]] = {}
            for team, student in rows:
                found[team] = (*found.get(team, ()), student)
            return found
    return {}


def set_team(gradebook: Any, kind: str, team: str, students: Iterable[str]) -> None:
    """Make a team of these students, who leave their earlier teams of the kind; none removes it.

    Raises:
        CourseError: a student is unknown, or named twice.
    """
    members = list(students)
    known = {student.id for student in gradebook.students}
    for student in members:
        if student not in known:
            raise CourseError(f"team {team} must have known students, got {student!r}")
        if members.count(student) > 1:
            raise CourseError(f"team {team} must have each student once, got {student!r} twice")
    session = session_of(gradebook)
    table = team_members.c
    session.execute(delete(team_members).where(table.kind == kind, table.team == team))
    if members:
        others = delete(team_members).where(table.kind == kind, table.student.in_(members))
        session.execute(others)
        rows = [{"kind": kind, "team": team, "student": student} for student in members]
        session.execute(insert(team_members), rows)
    session.commit()
