"""Grades for people and programs: a table, CSV, JSON, a spreadsheet, and one without names."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from autograder.ledger.formula import Mark
from autograder.ledger.gather import CourseGrades, Row
from autograder.report.grades import replace_file, safe_cell
from autograder.report.wording import visible

Cell = str | float | None


def header(grades: CourseGrades) -> list[str]:
    """Names of the columns behind a student's own."""
    items = [name for names in grades.items.values() for name in names]
    parts = [f"{name} %" for name in grades.items]
    letter = ["letter"] if grades.scheme.letters else []
    return [*items, *parts, "total %", *letter, "passed", "waiting"]


def cells(grades: CourseGrades, row: Row) -> list[Cell]:
    """A student's row under `header`: blank where there is no mark; excused is a word."""
    marks = [row.marks[part][item] for part, items in grades.items.items() for item in items]
    percents = [row.grade.components[part].percent for part in grades.items]
    passed = {None: "", True: "yes", False: "no"}[row.grade.passed]
    letter: list[Cell] = [row.grade.letter] if grades.scheme.letters else []
    waiting = " ".join(row.grade.waiting)
    return [
        *map(points_of, marks),
        *(None if percent is None else _number(percent) for percent in percents),
        _number(row.grade.total),
        *letter,
        passed,
        waiting,
    ]


def points_of(mark: Mark) -> Cell:
    """A mark as a cell."""
    if mark.excused:
        return "excused"
    return None if mark.points is None else _number(mark.points)


def _number(value: Fraction) -> float:
    return round(float(value), 6)


def write_csv(grades: CourseGrades, path: Path) -> None:
    """Every student, one row each (UTF-8); no cell is run by a spreadsheet."""
    person = ["student", "first name", "last name", "email"]
    rows = [
        [r.person.id, r.person.first_name, r.person.last_name, r.person.email, *cells(grades, r)]
        for r in grades.rows
    ]
    replace_file(path, csv_text([[*person, *header(grades)], *rows]))


def csv_text(rows: Iterable[Iterable[Cell]]) -> str:
    """CSV of rows, each cell safe for a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def write_json(grades: CourseGrades, path: Path) -> None:
    """Everything that is known of each grade, notes included."""
    replace_file(path, json.dumps(plain(grades), indent=1) + "\n")


def plain(grades: CourseGrades) -> dict[str, Any]:
    """The grades as plain data."""
    return {
        "course": grades.title,
        "pass_mark": float(grades.scheme.pass_mark),
        "students": [_plain_row(row) for row in grades.rows],
    }


def _plain_row(row: Row) -> dict[str, Any]:
    components = {
        name: {
            "percent": None if part.percent is None else _number(part.percent),
            "counted": list(part.counted),
            "items": {item: _plain_mark(mark) for item, mark in row.marks[name].items()},
        }
        for name, part in row.grade.components.items()
    }
    return {
        "student": row.person.id,
        "first_name": row.person.first_name,
        "last_name": row.person.last_name,
        "email": row.person.email,
        "total": _number(row.grade.total),
        "letter": row.grade.letter,
        "passed": row.grade.passed,
        "waiting": list(row.grade.waiting),
        "components": components,
    }


def _plain_mark(mark: Mark) -> dict[str, Any]:
    return {
        "points": None if mark.points is None else _number(mark.points),
        "max": _number(mark.most),
        "excused": mark.excused,
        "penalty": _number(mark.penalty),
        "late_seconds": mark.late_seconds,
        "note": mark.note,
    }


def write_xlsx(grades: CourseGrades, path: Path) -> None:
    """A spreadsheet with one sheet: numbers are numbers, texts are never formulas."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title = "grades"
    names = ["student", "first name", "last name", *header(grades)]
    rows: list[list[Cell]] = [[*names]]
    for r in grades.rows:
        rows.append([r.person.id, r.person.first_name, r.person.last_name, *cells(grades, r)])
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value = visible(value) if isinstance(value, str) else value
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl would take "=1+1" for a formula
            if number == 1:
                cell.font = Font(bold=True)
    sheet.freeze_panes = "D2"
    book.save(path)


def write_anonymous(grades: CourseGrades, path: Path, secret: bytes) -> None:
    """For research: pseudonyms instead of students, in the pseudonyms' order.

    A pseudonym is the same throughout a term and can't be turned back without the term's secret.
    A rare combination of marks may still tell who somebody is.

    Args:
        grades: of the course.
        path: the file.
        secret: the term's.
    """
    rows = sorted([pseudonym(secret, r.person.id), *cells(grades, r)] for r in grades.rows)
    replace_file(path, csv_text([["pseudonym", *header(grades)], *rows]))


def pseudonym(secret: bytes, student: str) -> str:
    """A name for a student that only the holder of the secret can compute."""
    return hmac.new(secret, f"pseudonym\0{student}".encode(), hashlib.sha256).hexdigest()[:12]


def table(grades: CourseGrades) -> Any:
    """The grades as a table for the terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(visible(grades.title)), box=box.SIMPLE_HEAD, show_edge=False)
    shown.add_column("student", overflow="fold", min_width=12)
    names = header(grades)
    for name in names:
        shown.add_column(
            Text(visible(name)),
            justify="left" if name == "waiting" else "right",
            overflow="fold",
            min_width=7 if name == "waiting" else min(len(name), 5),
        )
    for row in grades.rows:
        texts = [_text(cell) for cell in cells(grades, row)]
        shown.add_row(Text(visible(row.person.id)), *texts)
    return shown


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}".rstrip("0").rstrip(".")
    return visible(cell or "")


def notes(grades: CourseGrades) -> Mapping[str, int]:
    """Why marks are waited for -> how many of them."""
    found: dict[str, int] = {}
    for row in grades.rows:
        for marks in row.marks.values():
            for mark in marks.values():
                if mark.points is None and not mark.excused:
                    reason = mark.note.partition(":")[0]
                    found[reason] = found.get(reason, 0) + 1
    return found
