"""Who hands in together: one mark for all of a team, and the same hidden inputs.

What submissions agree on is recorded for the assignment alone. A team that staff made by
`tdl teams` stands against what submissions say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.grade.pipeline import grade_assignment
from autograder.grade.snapshots import take_snapshot
from autograder.grade.teams import Pairing, pairing_of
from autograder.ledger.scheme import read_scheme
from autograder.ledger.teams import merged, set_team, teams

KIND = "pair"
Teams = dict[str, tuple[str, ...]]  # name -> members


def grade_class(
    course: CourseFolder, assignment: str, *, dry_run: bool = False, **options: Any
) -> tuple[dict[str, Any], Pairing]:
    """Grade an assignment, each team with hidden inputs of its own, and record the teams.

    Args:
        course: the course.
        assignment: its name.
        dry_run: write nothing.
        options: of `grade_assignment`.

    Returns:
        The run, and the teams with what the instructor should read of them.
    """
    keys = submitters(course, assignment)
    run = grade_assignment(course, assignment, dry_run=dry_run, submitters=keys, **options)
    found = Pairing((), ()) if dry_run else record_teams(course, assignment)
    return run, found


def submitters(course: CourseFolder, assignment: str) -> dict[str, str]:
    """Student -> whom hidden inputs are drawn for, of those who hand in with somebody.

    Everybody of a team has the team's name, its members joined by "+", as in a group's upload to
    Gradescope.
    """
    if course.judge.common_seeds:
        return {}
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        _, own, _ = _agreed(course, gradebook, assignment)
        kind = kind_of_team(course, assignment)
        if kind == KIND:
            together = merged(teams(gradebook, KIND), own)
        else:
            together = teams(gradebook, kind, assignment) if kind else own
    keys = {member: "+".join(sorted(ids)) for ids in together.values() for member in ids}
    return {student: key for student, key in keys.items() if key != student}


def kind_of_team(course: CourseFolder, assignment: str) -> str:
    """The kind of team that shares a mark by the course's scheme; "" for who name each other."""
    if not course.grading.is_set:
        return ""
    component = read_scheme(course.grading).component_of(assignment)
    return component.team if component else ""


def record_teams(course: CourseFolder, assignment: str, kind: str = KIND) -> Pairing:
    """The teams of an assignment, recorded in the gradebook for this assignment.

    A team that is no longer named is removed; where submissions disagree nothing is recorded.

    Args:
        course: the course.
        assignment: its name.
        kind: kind of team, as the scheme of grades calls it.
    """
    wanted = f"{kind}:{assignment}"
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        found, own, before = _agreed(course, gradebook, assignment, kind)
        if own != before:
            take_snapshot(course, f"teams of {assignment}")
        for name in [name for name in before if name not in own]:
            set_team(gradebook, wanted, name, [])
        for name in [name for name in own if own[name] != before.get(name)]:
            for student in own[name]:
                gradebook.update_or_create_student(student)
            set_team(gradebook, wanted, name, own[name])
    return found


def _agreed(
    course: CourseFolder, gradebook: Any, assignment: str, kind: str = KIND
) -> tuple[Pairing, Teams, Teams]:
    """What submissions say, the teams of the assignment alone by that, and those on record."""
    before = teams(gradebook, f"{kind}:{assignment}")
    by_hand = {name: ids for name, ids in before.items() if name != name_of(ids)}
    found = pairing_of(course, assignment, {student.id for student in gradebook.students})
    named, notes = _beside(by_hand, found)
    pairing = Pairing(tuple(named.values()), found.conflicts, (*found.notes, *notes))
    return pairing, by_hand | named, before


def _beside(by_hand: Mapping[str, tuple[str, ...]], found: Pairing) -> tuple[Teams, list[str]]:
    """Teams that submissions name and staff did not make otherwise; a note on each other one."""
    named, notes = Teams(), list[str]()
    for members in found.teams:
        staff = [name for name, ids in by_hand.items() if set(ids) & set(members)]
        if staff:
            notes.append(f"{', '.join(members)} name each other; team {staff[0]} stands")
        else:
            named[name_of(members)] = members
    return named, notes


def name_of(members: tuple[str, ...]) -> str:
    """What a team is called that submissions agree on; others are made by hand."""
    return "+".join(sorted(members))
