"""Plain inserts put the same rows into the gradebook as nbgrader's own API."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from autograder.grade.first_marks import FirstMarks
from autograder.grade.gradebook import write_marks
from autograder.grade.records import Records
from autograder.grade.rows import submission_rows
from tests.autograder.grade.conftest import NAME, TinyCourse

MONDAY = datetime.datetime(2026, 11, 2, 12, 30, 1)
TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment")


def _part(score: float | None, kind: str = "judge") -> dict[str, Any]:
    return {"score": score, "kind": kind}


FULL = {"q1": _part(3.0), "q2": _part(None, "manual"), "q3": _part(2.5, "ordinary")}
RESULTS: dict[str, dict[str, Any]] = {
    "full": {"parts": {**FULL, "q4": _part(0.0)}, "unchanged": []},
    "too much": {"parts": {**FULL, "q1": _part(40.0), "q3": _part(-1.0)}, "unchanged": []},
    "blank": {"parts": {"q1": _part(0.0)}, "unchanged": ["q2-answer", "q1-answer"]},
    "marked nowhere": {"parts": {}, "unchanged": []},
}


def _rows(tiny: TinyCourse) -> dict[str, list[tuple[Any, ...]]]:
    """Each table's rows, without the random ids that nbgrader gives them."""
    with sqlite3.connect(tiny.folder / "gradebook.db") as db:
        cells = dict(db.execute("select id, name from base_cell").fetchall())
        found = {}
        for table in TABLES:
            cursor = db.execute(f"select * from {table}")  # noqa: S608 - our own names
            names = [column[0] for column in cursor.description]
            keep = [i for i, n in enumerate(names) if n not in ("id", "notebook_id")]
            keep = [i for i in keep if (table, names[i]) != ("submitted_notebook", "assignment_id")]
            rows = [tuple(cells.get(row[i], row[i]) for i in keep) for row in cursor]
            found[table] = sorted(rows, key=repr)
    return found


def _no_penalty(student: str, score: float, late: float) -> None:
    return None


@pytest.mark.parametrize("timestamp", [None, MONDAY])
@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS.keys())
def test_the_rows_are_those_of_nbgrader(
    make_tiny: Callable[..., TinyCourse],
    result: dict[str, Any],
    timestamp: datetime.datetime | None,
) -> None:
    theirs, ours = make_tiny(), make_tiny()
    with theirs.gradebook() as book:
        write_marks(book, NAME, "ada", timestamp, {NAME: result}, set(), _no_penalty)
    with ours.gradebook() as book:
        FirstMarks(book, NAME).write("ada", timestamp, {NAME: result})
    assert _rows(ours) == _rows(theirs)


def test_late_or_known_submissions_go_another_way(make_tiny: Callable[..., TinyCourse]) -> None:
    tiny = make_tiny()
    with tiny.gradebook() as book:
        book.update_or_create_assignment(NAME, duedate=MONDAY)
        first = FirstMarks(book, NAME)
        assert first.can_write("ada", MONDAY)
        assert not first.can_write("ada", MONDAY + datetime.timedelta(seconds=1))
        first.write("ada", MONDAY, {NAME: RESULTS["full"]})
        assert not first.can_write("ada", MONDAY)
        assert not FirstMarks(book, NAME).can_write("ada", MONDAY)


def test_what_another_program_wrote_meanwhile_stays(make_tiny: Callable[..., TinyCourse]) -> None:
    tiny = make_tiny()
    with tiny.gradebook() as book, tiny.gradebook() as another:
        first = FirstMarks(book, NAME)
        write_marks(another, NAME, "ada", None, {NAME: RESULTS["full"]}, set(), _no_penalty)
        before = _rows(tiny)
        with pytest.raises(IntegrityError):
            first.write("ada", None, {NAME: RESULTS["blank"]})
        book.db.rollback()
        assert _rows(tiny) == before
        assert not first.can_write("ada", None)


def test_a_run_is_read_with_as_many_queries_for_few_as_for_many(
    make_tiny: Callable[..., TinyCourse],
) -> None:
    tiny, counts, queries = make_tiny(), [], list[str]()
    records = Records(tiny.folder / "records")
    with tiny.gradebook() as book:
        event.listen(book.engine, "before_cursor_execute", lambda *a: queries.append(a[2]))
        for number in range(1, 9):
            FirstMarks(book, NAME).write(f"s{number}", None, {NAME: RESULTS["full"]})
            queries.clear()
            students = [f"s{n}" for n in range(1, number + 1)]
            assert len(submission_rows(book, NAME, students, records)) == number
            counts.append(len(queries))
    assert len(set(counts)) == 1
