"""Every student's marks, from nbgrader's gradebook and from rubrics, by the course's scheme."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from nbgrader.api import SubmittedAssignment
from sqlalchemy import select

from autograder.errors import CourseError
from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.grade.unmarked import not_marked
from autograder.ledger.exact import exact
from autograder.ledger.exceptions import Special, all_exceptions, give_extensions_to_nbgrader
from autograder.ledger.formula import Grade, Mark, grade
from autograder.ledger.late import Lateness, LatePolicy, free_days, penalty
from autograder.ledger.marking import RubricMark, rubric_marks_of
from autograder.ledger.rubrics import Rubric, read_rubrics
from autograder.ledger.scheme import Component, Scheme, read_scheme
from autograder.ledger.tables import drops, now, session_of
from autograder.ledger.teams import teams


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    dropped: bool = False


@dataclass(frozen=True)
class Row:
    """One student with their marks and grade."""

    person: Person
    marks: dict[str, dict[str, Mark]]
    grade: Grade


@dataclass(frozen=True)
class CourseGrades:
    """The grades of a course.

    Attributes:
        title: of the course.
        scheme: how it is graded.
        items: component -> its items, in order.
        rows: students, by id; without those who dropped.
    """

    title: str
    scheme: Scheme
    items: dict[str, tuple[str, ...]]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Handed:
    """A submission as the gradebook has it."""

    student: str
    timestamp: datetime.datetime | None
    score: Fraction
    penalty: Fraction
    waits: bool


@dataclass(frozen=True)
class Item:
    """One item of the scheme with everything known of it.

    Attributes:
        name: its name.
        most: points to get.
        due: when, UTC; None if unknown.
        team_of: student -> the students who hand in together, themselves among them.
        handed: student -> submission; empty for a rubric's item.
        unmarked: student -> why there is no mark.
        rubric: what it is marked by, if that is a rubric.
        given: (is a team, subject) -> mark by rubric.
        team_names: student -> their team's name.
    """

    name: str
    most: Fraction
    due: datetime.datetime | None
    team_of: dict[str, tuple[str, ...]]
    handed: dict[str, Handed]
    unmarked: dict[str, str]
    rubric: Rubric | None = None
    given: Mapping[tuple[bool, str], RubricMark] | None = None
    team_names: Mapping[str, str] | None = None


def course_grades(course: CourseFolder) -> CourseGrades:
    """Everybody's marks and grades as they stand.

    Raises:
        CourseError: the scheme, a rubric or an item is wrong.
    """
    scheme = read_scheme(course.grading)
    rubrics = read_rubrics(course.root / course.grading.rubrics)
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        give_extensions_to_nbgrader(gradebook)
        people = people_of(gradebook)
        items = _items(course, gradebook, scheme, rubrics)
        special = all_exceptions(gradebook)
    rows = [
        _row(scheme, items, special, person) for person in people.values() if not person.dropped
    ]
    names = {component: tuple(i.name for i in found) for component, found in items.items()}
    return CourseGrades(course.title, scheme, names, tuple(rows))


def people_of(gradebook: Any) -> dict[str, Person]:
    """Student id -> person, by id."""
    gone = set(session_of(gradebook).scalars(select(drops.c.student)))
    return {
        s.id: Person(s.id, s.first_name or "", s.last_name or "", s.email or "", s.id in gone)
        for s in sorted(gradebook.students, key=lambda student: student.id)
    }


def _items(
    course: CourseFolder, gradebook: Any, scheme: Scheme, rubrics: Mapping[str, Rubric]
) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {component.name: [] for component in scheme.components}
    assignments = {assignment.name: assignment for assignment in gradebook.assignments}
    both = sorted(set(assignments) & set(rubrics))
    if both:
        raise CourseError(f"item must be an assignment or a rubric, got both for {both[0]!r}")
    for name in (*assignments, *rubrics):
        component = scheme.component_of(name)
        if component is None:
            continue
        if name in rubrics:
            found[component.name].append(_rubric_item(gradebook, component, rubrics[name]))
        else:
            item = _assignment_item(course, gradebook, component, assignments[name])
            found[component.name].append(item)
    return found


def _rubric_item(gradebook: Any, component: Component, rubric: Rubric) -> Item:
    groups = teams(gradebook, rubric.team or component.team, rubric.item)
    return Item(
        name=rubric.item,
        most=rubric.most,
        due=None,
        team_of={},
        handed={},
        unmarked={},
        rubric=rubric,
        given=rubric_marks_of(gradebook, rubric),
        team_names={student: team for team, members in groups.items() for student in members},
    )


def _assignment_item(
    course: CourseFolder, gradebook: Any, component: Component, assignment: Any
) -> Item:
    # Without a kind of team in the scheme those count that the submissions themselves agree on.
    kind = (component.team, assignment.name) if component.team else (f"pair:{assignment.name}",)
    groups = teams(gradebook, *kind)
    return Item(
        name=assignment.name,
        most=exact(float(assignment.max_score)),
        due=assignment.duedate,
        team_of={student: members for members in groups.values() for student in members},
        handed=_handed(gradebook, assignment),
        unmarked=not_marked(course, assignment.name),
    )


def _handed(gradebook: Any, assignment: Any) -> dict[str, Handed]:
    table = SubmittedAssignment
    query = select(
        table.student_id,
        table.timestamp,
        table.score,
        table.late_submission_penalty,
        table.needs_manual_grade,
    ).where(table.assignment_id == assignment.id)
    return {
        student: Handed(student, when, exact(score), exact(off or 0.0), bool(waits))
        for student, when, score, off, waits in gradebook.db.execute(query)
    }


def _row(
    scheme: Scheme,
    items: Mapping[str, Iterable[Item]],
    special: Mapping[tuple[str, str], Special],
    person: Person,
) -> Row:
    everything = [item for found in items.values() for item in found]
    free = _free_days(scheme.late, everything, special, person.id)
    marks = {
        component: {
            item.name: _mark(scheme.late, item, special, person.id, free.get(item.name, 0))
            for item in found
        }
        for component, found in items.items()
    }
    return Row(person, marks, grade(scheme, marks))


def _free_days(
    policy: LatePolicy | None,
    items: Iterable[Item],
    special: Mapping[tuple[str, str], Special],
    student: str,
) -> dict[str, int]:
    if policy is None:
        return {}
    late = []
    for item in items:
        handed = counted_submission(item, student)
        if handed is not None:
            late.append(Lateness(item.name, item.due, seconds_late(item, special, student)))
    return free_days(policy, late)


def counted_submission(item: Item, student: str) -> Handed | None:
    """The submission that counts for a student: the latest of their team; None without any."""
    members = item.team_of.get(student, (student,))
    found = [item.handed[member] for member in members if member in item.handed]
    first = datetime.datetime.min
    return max(found, key=lambda one: (one.timestamp or first, one.student), default=None)


def seconds_late(item: Item, special: Mapping[tuple[str, str], Special], student: str) -> float:
    """How late a student's counted submission is, the longest extension of the team granted."""
    handed = counted_submission(item, student)
    if handed is None or handed.timestamp is None or item.due is None:
        return 0.0
    members = item.team_of.get(student, (student,))
    granted = [special[key].seconds for m in members if (key := (item.name, m)) in special]
    extension = max((seconds or 0.0 for seconds in granted), default=0.0)
    return (handed.timestamp - item.due).total_seconds() - extension


def _mark(
    policy: LatePolicy | None,
    item: Item,
    special: Mapping[tuple[str, str], Special],
    student: str,
    free: int,
) -> Mark:
    exception = special.get((item.name, student))
    if exception is not None and exception.seconds is None:
        return Mark(None, item.most, excused=True, note=exception.reason or "excused")
    if item.rubric is not None:
        return _mark_by_rubric(item, student)
    members = item.team_of.get(student, (student,))
    unmarked = [item.unmarked[member] for member in members if member in item.unmarked]
    if unmarked:
        return Mark(None, item.most, note=f"not marked: {unmarked[0]}")
    handed = counted_submission(item, student)
    if handed is None:
        return _missing(item, special, student)
    if handed.waits:
        return Mark(None, item.most, note="waits for hand marks")
    late = seconds_late(item, special, student)
    off = handed.penalty
    if policy is not None:
        off = penalty(policy, handed.score, item.most, late, free)
    left = max(handed.score - off, Fraction(0))
    return Mark(left, item.most, penalty=off, late_seconds=max(late, 0.0))


def _missing(item: Item, special: Mapping[tuple[str, str], Special], student: str) -> Mark:
    exception = special.get((item.name, student))
    extension = datetime.timedelta(seconds=(exception and exception.seconds) or 0.0)
    open_still = item.due + extension > now() if item.due is not None else not item.handed
    if open_still:
        return Mark(None, item.most, note="still open")
    return Mark(Fraction(0), item.most, note="missing")


def _mark_by_rubric(item: Item, student: str) -> Mark:
    given = item.given or {}
    team = (item.team_names or {}).get(student)
    found = given.get((False, student)) or given.get((True, team or ""))
    if found is None or found.points is None:
        return Mark(None, item.most, note="not yet marked")
    return Mark(found.points, item.most)
