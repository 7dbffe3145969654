"""Marks of a submission that the gradebook does not know yet, in a handful of plain inserts.

nbgrader's API makes an object for each cell and asks back for most of them; for a class of a
thousand that is a third of what grading costs beside the students' own code. The rows written here
are those that it would write (a test compares them). Whatever is not the plain case, a late
submission or one that is already there, goes the API's way.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from nbgrader.api import (
    Comment,
    Grade,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from nbgrader.utils import parse_utc
from sqlalchemy import insert, select

from autograder.grade.gradebook import automatic

Row = dict[str, Any]


@dataclass(frozen=True)
class _Notebook:
    """A notebook of the assignment: its id, its graded cells and those with a comment."""

    id: str
    name: str
    graded: tuple[tuple[str, str, float], ...]  # id, name, maximum
    commented: tuple[tuple[str, str], ...]  # id, name


class FirstMarks:
    """Writes first marks of one assignment.

    Args:
        gradebook: open; this process is the only one that grades.
        assignment: its name.
    """

    def __init__(self, gradebook: Any, assignment: str) -> None:
        self._db = gradebook.db
        found = gradebook.find_assignment(assignment)
        self._assignment, self._due = found.id, found.duedate
        self._notebooks = [_read(notebook) for notebook in found.notebooks]
        self._students = set(self._db.scalars(select(Student.id)))
        of_it = SubmittedAssignment.assignment_id == found.id
        self._submitted = set(self._db.scalars(select(SubmittedAssignment.student_id).where(of_it)))

    def can_write(self, student: str, timestamp: datetime.datetime | None) -> bool:
        """Whether this is a submission on time that is not in the gradebook."""
        late = timestamp is not None and self._due is not None and timestamp > self._due
        return student not in self._submitted and not late

    def write(
        self,
        student: str,
        timestamp: datetime.datetime | None,
        notebooks: dict[str, dict[str, Any]],
    ) -> None:
        """Write a submission's rows, in one transaction.

        Args:
            student: id; the student is created if unknown.
            timestamp: when it was submitted, UTC; None if unknown.
            notebooks: notebook -> {"parts": grade_id -> part, "unchanged": ids}.

        Raises:
            sqlalchemy.exc.DBAPIError: the database can't be had, or another program has written
                this submission meanwhile.
        """
        self._submitted.add(student)  # whatever happens: the next try goes the API's way
        submission = new_uuid()
        pages, grades, comments = list[Row](), list[Row](), list[Row]()
        for notebook in self._notebooks:
            page = new_uuid()
            pages.append({"id": page, "assignment_id": submission, "notebook_id": notebook.id})
            result = notebooks.get(notebook.name, {"parts": {}, "unchanged": []})
            for cell, name, maximum in notebook.graded:
                score, by_hand = automatic(result["parts"].get(name), maximum)
                grades.append(
                    {
                        "notebook_id": page,
                        "cell_id": cell,
                        "auto_score": score,
                        "needs_manual_grade": by_hand,
                    }
                )
            for cell, name in notebook.commented:
                said = "No response." if name in result["unchanged"] else None
                comments.append({"notebook_id": page, "cell_id": cell, "auto_comment": said})
        row: Row = {"id": submission, "assignment_id": self._assignment, "student_id": student}
        if timestamp is not None:
            row["timestamp"] = parse_utc(timestamp)
        connection = self._db.connection()
        if student not in self._students:
            connection.execute(insert(Student.__table__), [{"id": student}])
        connection.execute(insert(SubmittedAssignment.__table__), [row])
        for table, rows in (
            (SubmittedNotebook.__table__, pages),
            (Grade.__table__, grades),
            (Comment.__table__, comments),
        ):
            if rows:
                connection.execute(insert(table), rows)
        self._db.commit()
        self._students.add(student)


def _read(notebook: Any) -> _Notebook:
    graded = [*notebook.grade_cells, *notebook.task_cells]
    commented = [*notebook.solution_cells, *notebook.task_cells]
    return _Notebook(
        notebook.id,
        notebook.name,
        tuple((cell.id, cell.name, float(cell.max_score)) for cell in graded),
        tuple((cell.id, cell.name) for cell in commented),
    )
