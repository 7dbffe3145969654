"""Marks and teams from CSV files: whole or not at all, errors by line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, shown
from autograder.ledger.marking import check_marks, enter_marks
from autograder.ledger.rubrics import Rubric
from autograder.ledger.teams import set_team


def csv_rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, column -> text) of a CSV file with a header, cells stripped, empty lines left out.

    Raises:
        CourseError: it can't be read, or lacks a needed column.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} must be a CSV file in UTF-8, got {shown(str(error))}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        _check_columns(path, names, needed)
        reader.fieldnames = names
        for row in reader:
            cells = {key: (value or "").strip() for key, value in row.items() if key}
            if any(cells.values()):
                yield reader.line_num, cells
    except csv.Error as error:
        raise CourseError(f"{path}:{reader.line_num} must be CSV, got {error}") from None


def _check_columns(path: Path, names: list[str], needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise CourseError(f"{path} must have column {missing[0]!r}, got {shown(names)}")
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise CourseError(f"{path} must have each column once, got {twice[0]!r} twice")


def import_marks(gradebook: Any, rubric: Rubric, path: Path, marker: str) -> int:
    """Enter the marks of a CSV file; the number of rows.

    Columns: `group` or `student`; a column for each criterion, blank where there is no mark; and,
    if there are any, `marker`, `comment` and `comment <criterion>`.

    Args:
        gradebook: an open one.
        rubric: what is marked.
        path: the file.
        marker: who marked rows without a marker.

    Raises:
        CourseError: a wrong row, by its line; then nothing is stored.
    """
    entries = []
    for line, cells in csv_rows(path, ()):
        where = f"{path}:{line}"
        of_team, subject = _subject(cells, where)
        points = _points(rubric, cells, where)
        comments = _comments(cells, points, where)
        try:
            check_marks(gradebook, rubric, subject, points, of_team, comments)
        except CourseError as error:
            raise CourseError(f"{where}: {error}") from None
        entries.append((subject, cells.get("marker") or marker, points, comments, of_team))
    for subject, who, points, comments, of_team in entries:
        enter_marks(gradebook, rubric, subject, who, points, comments, of_team=of_team)
    return len(entries)


def _subject(cells: Mapping[str, str], where: str) -> tuple[bool, str]:
    group, student = cells.get("group", ""), cells.get("student", "")
    if bool(group) == bool(student):
        raise CourseError(f"{where} must name a group or a student, got {shown(dict(cells))}")
    return bool(group), group or student


def _points(rubric: Rubric, cells: Mapping[str, str], where: str) -> dict[str, float | None]:
    others = {"group", "student", "marker", "comment"}
    points: dict[str, float | None] = {}
    for name, text in cells.items():
        if name in others or name.startswith("comment ") or not text:
            continue
        rubric.criterion(name)
        points[name] = points_of(text, f"{where}: {name}")
    return points


def points_of(text: str, name: str) -> float:
    """Points as people write them, with a point or a comma.

    Raises:
        CourseError: no number.
    """
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CourseError(f"{name} must be a number, got {text!r}")
    return value


def _comments(cells: Mapping[str, str], points: Mapping[str, Any], where: str) -> dict[str, str]:
    prefix = "comment "
    comments = {
        name.removeprefix(prefix): text
        for name, text in cells.items()
        if text and name.startswith(prefix)
    }
    general, first = cells.get("comment"), next(iter(points), None)
    if general and first is None:
        raise CourseError(f"{where}: comment must come with points, got none")
    if general and first is not None:
        comments[first] = "\n".join(filter(None, [general, comments.get(first)]))
    return comments


def import_teams(gradebook: Any, path: Path) -> int:
    """Make the teams of a CSV file with columns kind, team, student; their number.

    Raises:
        CourseError: a wrong row, or a student in two teams of a kind.
    """
    found: dict[tuple[str, str], list[str]] = {}
    seen: dict[tuple[str, str], int] = {}
    known = {student.id for student in gradebook.students}
    for line, cells in csv_rows(path, ("kind", "team", "student")):
        kind, team, student = (cells[name] for name in ("kind", "team", "student"))
        if not (kind and team) or student not in known:
            expected = "a kind, a team and a known student"
            raise CourseError(f"{path}:{line} must have {expected}, got {shown(cells)}")
        if (kind, student) in seen:
            earlier = seen[kind, student]
            raise CourseError(f"{path}:{line}: {student} must be in one team, see line {earlier}")
        seen[kind, student] = line
        found.setdefault((kind, team), []).append(student)
    for (kind, team), students in found.items():
        set_team(gradebook, kind, team, students)
    return len(found)
