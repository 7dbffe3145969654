"""Who hands in together, as the submissions say, and where they disagree.

Each submission may hold a team file (`autograder.selfcheck.team`) that names partners. A team
stands if everyone in it who handed something in names exactly the others, and nobody else claims
one of them. Everything else is a conflict: told to the instructor, decided by nobody here.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import SubmissionError
from autograder.grade.choosing import find_submissions, read_timestamp
from autograder.grade.course import CourseFolder
from autograder.selfcheck.receipt import receipt_of
from autograder.selfcheck.team import read_partners


@dataclass(frozen=True)
class Pairing:
    """The teams of an assignment.

    Attributes:
        teams: members in order, one tuple a team.
        conflicts: a sentence each, for the instructor.
        notes: what stands but should be known, a sentence each.
    """

    teams: tuple[tuple[str, ...], ...]
    conflicts: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What the instructor should read: notes, then conflicts."""
        notes = [f"team note: {note}" for note in self.notes]
        return [*notes, *(f"team conflict: {conflict}" for conflict in self.conflicts)]


def pairing_of(course: CourseFolder, assignment: str, students: Collection[str]) -> Pairing:
    """The teams that the collected submissions of an assignment name.

    Args:
        course: the course.
        assignment: its name.
        students: everyone enrolled.
    """
    folders = {s.student: s.folder for s in find_submissions(course, assignment)}
    if not folders:
        return Pairing((), ())
    claims, conflicts = dict[str, frozenset[str]](), list[str]()
    for student, folder in folders.items():
        try:
            claims[student] = frozenset({student, *read_partners(folder)})
        except SubmissionError as error:
            claims[student] = frozenset({student})  # it can't confirm anything
            conflicts.append(f"{student}: {error}")
    if not course.grading.teams:
        named = [student for student, claim in claims.items() if len(claim) > 1]
        alone = "names partners, and c.Grading.teams lets nobody hand in together"
        return Pairing((), (*conflicts, *(f"{student} {alone}" for student in named)))
    found = resolve(claims, {*students, *folders})
    notes = [note for team in found.teams for note in _differences(team, folders)]
    return Pairing(found.teams, (*conflicts, *found.conflicts), tuple(notes))


def resolve(claims: Mapping[str, frozenset[str]], students: Collection[str]) -> Pairing:
    """The teams that stand among what submitters claim of themselves.

    Args:
        claims: submitter -> themselves and whom they name.
        students: everyone known.
    """
    teams, conflicts = set[tuple[str, ...]](), list[str]()
    for student, claim in sorted(claims.items()):
        if len(claim) == 1:
            continue
        wrong = list(_objections(student, claim, claims, students))
        if wrong:
            conflicts += wrong
        else:
            teams.add(tuple(sorted(claim)))
    return Pairing(tuple(sorted(teams)), tuple(conflicts))


def _objections(
    student: str,
    claim: frozenset[str],
    claims: Mapping[str, frozenset[str]],
    students: Collection[str],
) -> Iterable[str]:
    for member in sorted(claim - {student}):
        theirs = claims.get(member)
        if member not in students:
            yield f"{student} names {member}, who is not enrolled"
        elif theirs is not None and theirs != claim:
            named = ", ".join(sorted(theirs - {member})) or "nobody"
            yield f"{student} names {member}, who names {named}"
    for other, theirs in sorted(claims.items()):
        shared = sorted((theirs & claim) - {other, student})
        if other not in claim and shared:
            yield f"{student} and {other} both name {shared[0]}"


def _differences(team: tuple[str, ...], folders: Mapping[str, Path]) -> Iterable[str]:
    digests = {}
    for member in team:
        if member in folders:
            try:
                digests[member] = receipt_of(folders[member]).digest
            except SubmissionError:
                digests[member] = ""
    if len(set(digests.values())) > 1:
        yield f"{', '.join(digests)} are a team and handed in different work; the latest counts"


def with_partners(
    course: CourseFolder, assignment: str, rows: list[dict[str, Any]], missing: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of a run for those who handed nothing in, with their partners' work where it is theirs.

    Args:
        course: the course.
        assignment: its name.
        rows: of those who handed in.
        missing: of those who did not, as they are without a team.
    """
    if not missing:
        return []
    handed = {row["student"]: row for row in rows}
    students = {row["student"] for row in missing}
    teams = pairing_of(course, assignment, {*handed, *students}).teams
    found = []
    for row in missing:
        student = row["student"]
        partners = [p for team in teams if student in team for p in team if p in handed]
        if partners:
            latest = max(partners, key=lambda p: _handed_in(course, assignment, p))
            shared = copy.deepcopy(handed[latest])
            flags = [*shared["flags"], f"handed in by {latest} for both"]
            row = {**shared, "student": student, "flags": flags}
        found.append(row)
    return found


def _handed_in(course: CourseFolder, assignment: str, student: str) -> tuple[str, str]:
    stamp = read_timestamp(course.folder("submitted", student, assignment), [])
    return (stamp.isoformat() if stamp else "", student)
