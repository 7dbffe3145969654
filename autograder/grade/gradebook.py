"""nbgrader's gradebook: what an assignment consists of, and where marks are written.

One process writes. Marks come from verdicts, never from a notebook's outputs. Manual marks survive
a regrade of the same answer; a mark of an answer that has changed since is taken back and kept as a
remark, because it was given for other words.
"""

from __future__ import annotations

import contextlib
import datetime
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SAWarning

from autograder.errors import CourseError, SandboxError
from autograder.lean_nbgrader import read_newest_revision_here

LOCK_SECONDS = 60  # how long a statement waits for another program that holds an SQLite database


def open_gradebook(db_url: str, course_id: str) -> Any:
    """The gradebook, as a context manager.

    Raises:
        SandboxError: it is out of reach, or locked for a minute.
    """
    read_newest_revision_here()
    url = make_url(db_url)
    if url.drivername.startswith("sqlite"):
        url = url.update_query_dict({"timeout": str(LOCK_SECONDS), **url.query})
    try:
        return Gradebook(url.render_as_string(hide_password=False), course_id or "default_course")
    except DBAPIError as error:
        raise SandboxError(f"gradebook must be within reach, got {error.orig}") from error


def stored_cells(gradebook: Any, assignment: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Notebook -> grade_id -> {source, checksum, locked, cell_type}, as last generated.

    Raises:
        CourseError: the gradebook has no such assignment.
    """
    try:
        found = gradebook.find_assignment(assignment)
    except MissingEntry:
        raise CourseError(
            f"assignment must be in the gradebook, got no {assignment!r}; "
            f"run `nbgrader generate_assignment {assignment}` first"
        ) from None
    return {
        notebook.name: {
            cell.name: {
                "source": cell.source,
                "checksum": cell.checksum,
                "locked": bool(cell.locked),
                "cell_type": cell.cell_type,
            }
            for cell in notebook.source_cells
        }
        for notebook in found.notebooks
    }


def write_marks(
    gradebook: Any,
    assignment: str,
    student: str,
    timestamp: datetime.datetime | None,
    notebooks: dict[str, dict[str, Any]],
    changed: Iterable[str],
    penalty: Any,
) -> None:
    """Write one submission's marks, in one transaction.

    Args:
        gradebook: an open gradebook.
        assignment: its name.
        student: id; the student is created if unknown.
        timestamp: when it was submitted, UTC; None if unknown.
        notebooks: notebook -> {"parts": grade_id -> part, "unchanged": ids of untouched answers}.
        changed: ids of hand-marked cells whose answer is not the one marked before.
        penalty: function (student, score, seconds late) -> points to take off, or None.
    """
    warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's models on SQLAlchemy 2.1
    with _one_transaction(gradebook.db):
        gradebook.update_or_create_student(student)
        given = {} if timestamp is None else {"timestamp": timestamp}
        submission = gradebook.update_or_create_submission(assignment, student, **given)
        changed = set(changed)
        for notebook in submission.notebooks:
            result = notebooks.get(notebook.name, {"parts": {}, "unchanged": []})
            remarks: dict[str, str] = {}
            for grade in notebook.grades:
                part = result["parts"].get(grade.name)
                _write_grade(grade, part, grade.name in changed, remarks)
            untouched = set(result["unchanged"])
            for comment in notebook.comments:
                _write_comment(comment, untouched, remarks)
        _write_penalties(gradebook.db, submission, student, penalty)


@contextlib.contextmanager
def _one_transaction(session: Any) -> Iterator[None]:
    """All or nothing, and one wait for the disk: nbgrader's API commits after every step."""
    session.commit = session.flush
    try:
        yield
    finally:
        del session.commit
    session.commit()


def _write_penalties(session: Any, submission: Any, student: str, penalty: Any) -> None:
    late = float(submission.total_seconds_late)
    if late > 0:  # a notebook's score is a query over what has been written
        session.flush()
        session.expire_all()
    for notebook in submission.notebooks:
        points = penalty(student, float(notebook.score), late) if late > 0 else None
        notebook.late_submission_penalty = points


def _write_grade(
    grade: Any, part: dict[str, Any] | None, changed: bool, remarks: dict[str, str]
) -> None:
    if changed and grade.manual_score is not None:
        remarks[grade.name] = f"An earlier version was marked {grade.manual_score:g}."
        grade.manual_score = None
    grade.auto_score, by_hand = automatic(part, float(grade.max_score))
    marked = part is not None and part["kind"] == "manual" and grade.manual_score is not None
    grade.needs_manual_grade = by_hand and not marked


def automatic(part: dict[str, Any] | None, maximum: float) -> tuple[float | None, bool]:
    """The automatic score of a part, in [0, maximum], and whether it lacks one.

    Args:
        part: what the judge gave; None where it gave nothing.
        maximum: what the cell is worth.
    """
    score = None if part is None else part["score"]
    if score is not None:
        score = min(max(float(score), 0.0), maximum)
    if part is None and maximum == 0:
        score = 0.0  # an answer whose points are its task's
    return score, score is None


def _write_comment(comment: Any, untouched: set[str], remarks: dict[str, str]) -> None:
    remark = remarks.get(comment.name) or remarks.get(comment.name.removesuffix("-answer"))
    if comment.name in untouched:
        comment.auto_comment = "No response."
    elif remark:
        comment.auto_comment = remark
    else:
        comment.auto_comment = None
