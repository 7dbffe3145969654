"""Pairs and groups: who hands in together.

A kind of team ("pair", "seminar") divides students into teams; "pair:hw2" stands for the pairs of
one item, where these differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from autograder.errors import CourseError
from autograder.ledger.tables import session_of, team_members


def teams(gradebook: Any, kind: str, item: str = "") -> dict[str, tuple[str, ...]]:
    """Team -> its students, of a kind; one of the item alone takes its students out of others."""
    found = _teams_of_kind(gradebook, kind)
    return merged(found, _teams_of_kind(gradebook, f"{kind}:{item}")) if item else found


def kinds(gradebook: Any) -> list[str]:
    """The kinds of team on record."""
    query = select(team_members.c.kind).distinct().order_by(team_members.c.kind)
    return list(session_of(gradebook).scalars(query))


def merged(
    general: Mapping[str, tuple[str, ...]], own: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The teams of an item: its own ones, and who is left of the general ones."""
    moved = {student for members in own.values() for student in members}
    left = {
        team: tuple(student for student in members if student not in moved)
        for team, members in general.items()
        if team not in own
    }
    return {team: members for team, members in left.items() if members} | dict(own)


def _teams_of_kind(gradebook: Any, kind: str) -> dict[str, tuple[str, ...]]:
    table = team_members.c
    query = select(table.team, table.student).where(table.kind == kind)
    found: dict[str, tuple[str, ...]] = {}
    for team, student in session_of(gradebook).execute(query.order_by(table.team, table.student)):
        found[team] = (*found.get(team, ()), student)
    return found


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
