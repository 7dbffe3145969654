"""Canvas, Moodle and Gradescope: rosters in, grades out, in the columns that each documents.

A platform's own ids, and the columns that identify a student there, are remembered from its roster,
so that an export can be uploaded as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Student
from sqlalchemy import delete, insert, select

from autograder.errors import CourseError, shown
from autograder.ledger.gather import CourseGrades, Row
from autograder.ledger.importing import csv_rows
from autograder.ledger.sheets import Cell, csv_text, points_of
from autograder.ledger.tables import NAME, drops, external_ids, now, session_of
from autograder.report.grades import plain_cell, replace_file


@dataclass(frozen=True)
class Platform:
    """How a platform's CSV files look.

    Attributes:
        name: its name here.
        columns: those that say who a student is, in order.
        key: the platform's own id.
        login: the column that becomes the student's id here, unless told otherwise.
        first, last, email: columns of names; `full` is "Last, First" in one.
    """

    name: str
    columns: tuple[str, ...]
    key: str
    login: str
    first: str = ""
    last: str = ""
    full: str = ""
    email: str = ""


PLATFORMS = {
    "canvas": Platform(
        "canvas",
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section"),
        key="ID",
        login="SIS Login ID",
        full="Student",
    ),
    "moodle": Platform(
        "moodle",
        ("First name", "Last name", "ID number", "Institution", "Department", "Email address"),
        key="Email address",
        login="ID number",
        first="First name",
        last="Last name",
        email="Email address",
    ),
    "gradescope": Platform(
        "gradescope",
        ("First Name", "Last Name", "SID", "Email", "Sections"),
        key="Email",
        login="SID",
        first="First Name",
        last="Last Name",
        email="Email",
    ),
    "csv": Platform(
        "csv",
        ("id", "first_name", "last_name", "email"),
        key="id",
        login="id",
        first="first_name",
        last="last_name",
        email="email",
    ),
}


@dataclass
class RosterChange:
    """What a roster changed: ids."""

    added: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    known: int = 0


def platform_named(name: str) -> Platform:
    """A platform.

    Raises:
        CourseError: there is none called so.
    """
    if name not in PLATFORMS:
        raise CourseError(f"platform must be one of {', '.join(PLATFORMS)}, got {name!r}")
    return PLATFORMS[name]


def import_roster(
    gradebook: Any, platform: Platform, path: Path, *, login: str = "", drop: bool = False
) -> RosterChange:
    """Add or update the students of a roster or of a gradebook exported by the platform.

    A student known by the platform's id keeps the id they have here, whatever the file says now.

    Args:
        gradebook: an open one.
        platform: whose file it is.
        path: the file.
        login: the column that becomes the id here; "" for the platform's usual one.
        drop: mark those who came from this platform and are no longer listed as dropped.

    Raises:
        CourseError: a wrong file; then nothing is stored.
    """
    column = login or platform.login
    rows = _roster_rows(platform, path, column)
    session = session_of(gradebook)
    table = external_ids.c
    query = select(table.external, table.student).where(table.system == platform.name)
    known: dict[str, str] = {external: student for external, student in session.execute(query)}
    here = {student.id: student for student in gradebook.students}
    dropped = set(session.scalars(select(drops.c.student)))
    change, listed = RosterChange(), set[str]()
    for cells in rows:
        student = known.get(cells[platform.key]) or cells[column]
        listed.add(student)
        entry = here.get(student) or Student(id=student)  # nbgrader's own way commits each alone
        for name, value in _person(platform, cells).items():
            setattr(entry, name, value)
        session.add(entry)
        (change.added if student not in here else change.back if student in dropped else []).append(
            student
        )
        _remember(session, platform, cells, student)
    change.known = len(rows) - len(change.added) - len(change.back)
    session.execute(delete(drops).where(drops.c.student.in_(listed)))
    change.gone = sorted(set(known.values()) - listed - dropped)
    if drop and change.gone:
        when = now()
        session.execute(insert(drops), [{"student": s, "created": when} for s in change.gone])
    session.commit()
    return change


def _roster_rows(platform: Platform, path: Path, column: str) -> list[dict[str, str]]:
    rows, seen = [], dict[tuple[str, str], int]()
    for line, cells in csv_rows(path, (platform.key, column)):
        cells = {name: plain_cell(text) for name, text in cells.items()}
        first = next(iter(cells.values()))
        if not cells[platform.key] or first == "Points Possible" or first == "Student, Test":
            continue  # Canvas's second line, its test student, Moodle's empty last one
        if not cells[column]:
            raise CourseError(
                f"{path}:{line} must have a {column!r}, or --id name another column, "
                f"got {shown(cells)}"
            )
        problem = problem_with_id(cells[column])
        if problem or len(cells[platform.key]) > NAME:
            expected = f"at most {NAME} characters, {problem or 'no more'}"
            raise CourseError(f"{path}:{line}: ids must have {expected}, got {shown(cells)}")
        for name in (column, platform.key):
            earlier = seen.setdefault((name, cells[name]), line)
            if earlier != line:
                raise CourseError(
                    f"{path}:{line}: {cells[name]!r} must be once, see line {earlier}"
                )
        rows.append(cells)
    if not rows:
        raise CourseError(f"{path} must list students, got none")
    return rows


def problem_with_id(id: str) -> str:
    """What an id must not have, since folders are called by it; "" if nothing is wrong."""
    if len(id) > NAME:
        return "no more"
    if id in (".", "..") or "/" in id or not id.isprintable():
        return "no slash and nothing unprintable"
    return ""


def _person(platform: Platform, cells: Mapping[str, str]) -> dict[str, str]:
    last, _, first = cells.get(platform.full, "").partition(",")
    found = {
        "first_name": cells.get(platform.first, "") or first.strip(),
        "last_name": cells.get(platform.last, "") or last.strip(),
        "email": cells.get(platform.email, ""),
    }
    if platform.name == "canvas":
        found["lms_user_id"] = cells[platform.key]
    return {key: value for key, value in found.items() if value}


def _remember(session: Any, platform: Platform, cells: Mapping[str, str], student: str) -> None:
    table = external_ids.c
    same = (table.system == platform.name) & (
        (table.external == cells[platform.key]) | (table.student == student)
    )
    session.execute(delete(external_ids).where(same))
    details = {name: cells.get(name, "") for name in platform.columns}
    row = {"system": platform.name, "external": cells[platform.key], "student": student}
    session.execute(insert(external_ids).values(**row, details=json.dumps(details)))


def identities(gradebook: Any, platform: Platform) -> dict[str, dict[str, str]]:
    """Student -> the columns by which a platform knows them."""
    table = external_ids.c
    query = select(table.student, table.details).where(table.system == platform.name)
    return {student: json.loads(text) for student, text in session_of(gradebook).execute(query)}


def write_for_platform(
    grades: CourseGrades,
    platform: Platform,
    known: Mapping[str, Mapping[str, str]],
    path: Path,
    names: Mapping[str, str],
) -> None:
    """Write the grades in a platform's columns; a mark that is waited for is blank.

    Args:
        grades: of the course.
        platform: whose columns.
        known: student -> identity there, see `identities`.
        path: the file.
        names: item -> name of its column there; its own name if it has none.

    Raises:
        CourseError: a student is not in the platform's roster.
    """
    strangers = [row.person.id for row in grades.rows if row.person.id not in known]
    if strangers:
        some = ", ".join(strangers[:10])
        raise CourseError(
            f"students must be in the roster of {platform.name}, got {len(strangers)} others: "
            f"{some}; import it with `tdl roster`"
        )
    items = [(part, item) for part, found in grades.items.items() for item in found]
    rows: list[Sequence[Cell]] = [[*platform.columns, *_titles(platform, items, names)]]
    if platform.name == "canvas":
        rows.append(["    Points Possible", "", "", "", "", *_most(grades, items), 100.0])
    for row in grades.rows:
        who = [known[row.person.id].get(column, "") for column in platform.columns]
        rows.append([*who, *_values(platform, row, items)])
    replace_file(path, csv_text(rows))


def _titles(
    platform: Platform, items: Sequence[tuple[str, str]], names: Mapping[str, str]
) -> list[str]:
    titles = [names.get(item, item) for _, item in items]
    if platform.name != "gradescope":
        return [*titles, names.get("total", "Course total")]
    parts = ("", " - Max Points", " - Submission Time", " - Lateness (H:M:S)")
    return [f"{title}{part}" for title in titles for part in parts] + ["Total Lateness (H:M:S)"]


def _most(grades: CourseGrades, items: Sequence[tuple[str, str]]) -> list[Cell]:
    rows = grades.rows[:1]
    return [float(row.marks[part][item].most) for row in rows for part, item in items]


def _values(platform: Platform, row: Row, items: Sequence[tuple[str, str]]) -> list[Cell]:
    marks = [row.marks[part][item] for part, item in items]
    if platform.name != "gradescope":
        points: list[Cell] = []
        for mark in marks:
            # Canvas takes EX for excused; elsewhere a blank leaves the grade as it is.
            excused = "EX" if platform.name == "canvas" else None
            points.append(excused if mark.excused else points_of(mark))
        return [*points, None if row.grade.waiting else float(row.grade.total)]
    values: list[Cell] = []
    for mark in marks:
        plain = None if mark.excused else points_of(mark)
        values += [plain, float(mark.most), None, _clock(mark.late_seconds)]
    return [*values, _clock(sum(mark.late_seconds for mark in marks))]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
