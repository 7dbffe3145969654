"""How far marking by hand has come: one query for an assignment, one for a rubric."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Assignment, BaseCell, Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import select

from autograder.ledger.marking import history, rubric_marks_of
from autograder.ledger.rubrics import Rubric
from autograder.ledger.tables import drops, hand_marks, session_of


@dataclass(frozen=True)
class Progress:
    """Marks by hand in one cell, or by one rubric.

    Attributes:
        what: "hw1 q1", or the rubric's item.
        marked: submissions that have their mark.
        waiting: submissions that wait for one.
        markers: marker -> marks entered; marks from formgrader alone have no name.
        spread: largest difference between two markers in one criterion, points.
    """

    what: str
    marked: int
    waiting: int
    markers: dict[str, int]
    spread: float = 0.0


def progress_of_notebooks(gradebook: Any) -> list[Progress]:
    """Every cell that is marked by hand, in order of assignment and name.

    Markers are those of `tdl marking`, with the marks that they last gave.
    """
    query = (
        select(Assignment.name, BaseCell.name, Grade.needs_manual_grade, Grade.manual_score)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(SubmittedAssignment.student_id.not_in(select(drops.c.student)))
    )
    session_of(gradebook)  # our tables are there
    marked, waiting = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for assignment, cell, needs, score in gradebook.db.execute(query):
        if needs:
            waiting[assignment, cell] += 1
        elif score is not None:
            marked[assignment, cell] += 1
    given = _marks_with_names(gradebook)
    return [
        Progress(
            f"{assignment} {cell}",
            marked[assignment, cell],
            waiting[assignment, cell],
            dict(Counter(marker for points in given[assignment, cell] for marker in points)),
            max((max(p.values()) - min(p.values()) for p in given[assignment, cell]), default=0.0),
        )
        for assignment, cell in sorted({*marked, *waiting})
    ]


def _marks_with_names(gradebook: Any) -> defaultdict[tuple[str, str], list[dict[str, float]]]:
    """(assignment, cell) -> for each answer: marker -> points, as last given."""
    latest: defaultdict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for row in session_of(gradebook).execute(select(hand_marks).order_by(hand_marks.c.id)):
        points = latest[row.assignment, row.cell, row.student]
        points.pop(row.marker, None)
        if row.points is not None:
            points[row.marker] = row.points
    found = defaultdict(list)
    for (assignment, cell, _), points in latest.items():
        if points:
            found[assignment, cell].append(points)
    return found


def progress_of_rubric(gradebook: Any, rubric: Rubric, subjects: int) -> Progress:
    """What has been marked by a rubric, of so many groups or students, and by whom."""
    marks = rubric_marks_of(gradebook, rubric)
    whole = sum(mark.points is not None for mark in marks.values())
    markers = Counter(e.marker for e in history(gradebook, rubric.item) if e.points is not None)
    spread = max((mark.spread for mark in marks.values()), default=0.0)
    return Progress(rubric.item, whole, max(subjects - whole, 0), dict(markers), spread)
