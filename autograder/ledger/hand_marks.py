"""Marks by hand in notebooks, with the marker's name: several markers, averaged; history kept.

nbgrader has one score for a cell and no name. What counts is written there, where formgrader and
every export read it; who gave what lies in a table of ours. A mark that somebody gave in formgrader
is taken over as the mark of the person whom the answer was allotted to.

A mark belongs to the words that it was given for: when a student's answer changes, nbgrader's score
is taken back at the next grading, and rows of ours for the earlier words no longer count.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import insert, select

from autograder.errors import CourseError
from autograder.grade.course import CourseFolder
from autograder.grade.records import Records, digest_of
from autograder.ledger.tables import allotments, drops, hand_marks, now, session_of

FORMGRADER = "(formgrader)"
Key = tuple[str, str]  # cell, student


@dataclass(frozen=True)
class Given:
    """One marker's mark that holds."""

    marker: str
    points: float
    comment: str
    created: datetime.datetime


@dataclass
class Answer:
    """One answer that is marked by hand.

    Attributes:
        cell: grade id of the cell with the points.
        student: whose.
        notebook: the notebook's name.
        most: points to get.
        score: nbgrader's mark; None while there is none.
        waits: whether nbgrader waits for one.
        digest: hash of the answer's words; "" if it was never graded by us.
        given: marker -> the mark that holds.
        markers: rank -> marker that it is allotted to.
        judged: the judge's points, if it is not people who mark this cell.
    """

    cell: str
    student: str
    notebook: str
    most: float
    score: float | None
    waits: bool
    digest: str
    given: dict[str, Given] = field(default_factory=dict)
    markers: dict[int, str] = field(default_factory=dict)
    judged: float | None = None

    @property
    def mean(self) -> float | None:
        """What the markers' marks come to."""
        if not self.given:
            return None
        return sum(each.points for each in self.given.values()) / len(self.given)


def answers_by_hand(
    gradebook: Any, course: CourseFolder, assignment: str, cell: str = "", student: str = ""
) -> dict[Key, Answer]:
    """(cell, student) -> answer, of everything handed in that people mark.

    Answers that have a mark without any marker, such as untouched ones, are left out, and those of
    students who dropped.

    Args:
        gradebook: an open one.
        course: the course.
        assignment: its name.
        cell: only this one.
        student: only of this student.

    Raises:
        CourseError: the gradebook has no such assignment.
    """
    session_of(gradebook)  # our tables are there
    found = _graded_cells(gradebook, _cells_by_hand(gradebook, assignment), cell, student)
    _add_words_and_marks(gradebook, course, assignment, found)
    return found


def answers_judged(
    gradebook: Any, course: CourseFolder, assignment: str, cell: str
) -> dict[Key, Answer]:
    """(cell, student) -> answer to a question that the judge marks, for a person to overrule it.

    Raises:
        CourseError: the gradebook has no such assignment.
    """
    session_of(gradebook)
    by_hand = _cells_by_hand(gradebook, assignment)
    cells = {
        each.id: (notebook.name, float(each.max_score))
        for notebook in gradebook.find_assignment(assignment).notebooks
        for each in notebook.grade_cells
        if each.id not in by_hand and each.max_score > 0
    }
    found = _graded_cells(gradebook, cells, cell, judged=True)
    _add_words_and_marks(gradebook, course, assignment, found)
    return found


def _add_words_and_marks(
    gradebook: Any, course: CourseFolder, assignment: str, found: dict[Key, Answer]
) -> None:
    digests = _digests(course, assignment, {s for _, s in found})
    for (name, who), answer in found.items():
        words = digests.get(who, {}).get(answer.notebook, {})
        known = [words[key] for key in (name, f"{name}-answer") if key in words]
        answer.digest = digest_of(known) if known else ""
    _add_given(gradebook, assignment, found)


def _graded_cells(
    gradebook: Any,
    cells: Mapping[str, tuple[str, float]],
    cell: str,
    student: str = "",
    *,
    judged: bool = False,
) -> dict[Key, Answer]:
    has_score = Grade.auto_score.is_not(None) if judged else Grade.auto_score.is_(None)
    query = (
        select(
            BaseCell.name,
            BaseCell.id,
            SubmittedAssignment.student_id,
            Grade.auto_score,
            Grade.manual_score,
            Grade.needs_manual_grade,
        )
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(Grade.cell_id.in_(list(cells)), has_score)
        .where(SubmittedAssignment.student_id.not_in(select(drops.c.student)))
    )
    if cell:
        query = query.where(BaseCell.name == cell)
    if student:
        query = query.where(SubmittedAssignment.student_id == student)
    found = {}
    for name, id, who, auto, score, waits in gradebook.db.execute(query):
        notebook, most = cells[id]
        answer = Answer(name, who, notebook, most, score, bool(waits), "")
        answer.judged = None if auto is None else float(auto)
        found[name, who] = answer
    return found


def _cells_by_hand(gradebook: Any, assignment: str) -> dict[str, tuple[str, float]]:
    """Id of each cell with points that people give -> its notebook and points."""
    known = gradebook.db.scalars(select(Assignment).where(Assignment.name == assignment)).first()
    if known is None:
        raise CourseError(f"assignment must be in the gradebook, got {assignment!r}")
    found = {}
    for notebook in known.notebooks:
        solutions = {cell.name for cell in notebook.solution_cells}
        written = [
            cell
            for cell in notebook.grade_cells
            if cell.cell_type == "markdown" or cell.name in solutions
        ]
        for cell in (*notebook.task_cells, *written):
            if cell.max_score > 0:
                found[cell.id] = (notebook.name, float(cell.max_score))
    return found


def _digests(
    course: CourseFolder, assignment: str, students: Iterable[str]
) -> dict[str, dict[str, dict[str, str]]]:
    """Student -> notebook -> cell -> hash of the answer, as last graded."""
    records = Records(course.state / "records" / assignment)
    found = {}
    for student in students:
        record = records.read(student)
        if record is not None:
            notebooks = record["result"]["notebooks"]
            found[student] = {name: each.get("answers", {}) for name, each in notebooks.items()}
    return found


def _add_given(gradebook: Any, assignment: str, answers: Mapping[Key, Answer]) -> None:
    session = session_of(gradebook)
    table = allotments.c
    columns = (table.cell, table.student, table.rank, table.marker)
    query = select(*columns).where(table.assignment == assignment)
    for cell, student, rank, marker in session.execute(query):
        if (cell, student) in answers:
            answers[cell, student].markers[rank] = marker
    rows = hand_marks.c
    for row in session.execute(
        select(hand_marks).where(rows.assignment == assignment).order_by(rows.id)
    ):
        answer = answers.get((row.cell, row.student))
        if answer is None or row.answer != answer.digest:
            continue
        if row.points is None:
            answer.given.pop(row.marker, None)
        else:
            answer.given[row.marker] = Given(row.marker, row.points, row.comment, row.created)


def give_mark(
    gradebook: Any,
    assignment: str,
    answer: Answer,
    marker: str,
    points: float | None,
    comment: str = "",
) -> None:
    """Add one marker's mark of an answer, and write what counts into nbgrader's gradebook.

    Args:
        gradebook: an open one.
        assignment: its name.
        answer: from `answers_by_hand`.
        marker: who marks.
        points: None takes the marker's mark back.
        comment: for the student.

    Raises:
        CourseError: points outside of [0, the cell's], or no name of a marker.
    """
    if points is not None and not 0 <= points <= answer.most:
        raise CourseError(
            f"points of {answer.cell} must be from 0 to {answer.most:g}, got {points:g}"
        )
    if not marker.strip():
        raise CourseError("marker must be a name, got an empty one")
    grade = gradebook.find_grade(answer.cell, answer.notebook, assignment, answer.student)
    note = _comment_field(gradebook, assignment, answer)
    _adopt(gradebook, assignment, answer, grade, note)
    _add_row(gradebook, assignment, answer, marker, points, comment)
    if points is None:
        answer.given.pop(marker, None)
    else:
        answer.given[marker] = Given(marker, points, comment, now())
    grade.manual_score = answer.mean
    waits = answer.mean is None and answer.judged is None
    grade.needs_manual_grade = waits
    told = [each.comment for each in answer.given.values() if each.comment]
    if note is not None:
        note.manual_comment = "\n\n".join(dict.fromkeys(told)) or None
    gradebook.db.commit()
    answer.score, answer.waits = answer.mean, waits


def _comment_field(gradebook: Any, assignment: str, answer: Answer) -> Any:
    """nbgrader's field for a comment: the cell's own, or that of the answer that it checks."""
    for cell in (answer.cell, f"{answer.cell}-answer"):
        try:
            return gradebook.find_comment(cell, answer.notebook, assignment, answer.student)
        except MissingEntry:
            continue
    return None


def _adopt(gradebook: Any, assignment: str, answer: Answer, grade: Any, note: Any) -> None:
    """Keep what somebody entered in formgrader as the mark of whom the answer is allotted to."""
    mean = answer.mean
    if grade.manual_score is None or (mean is not None and abs(mean - grade.manual_score) < 1e-9):
        return
    marker = answer.markers.get(1, FORMGRADER)
    comment = (note.manual_comment or "") if note is not None else ""
    points = float(grade.manual_score)
    _add_row(gradebook, assignment, answer, marker, points, comment)
    answer.given[marker] = Given(marker, points, comment, now())


def _add_row(
    gradebook: Any, assignment: str, answer: Answer, marker: str, points: float | None, comment: str
) -> None:
    row = {
        "assignment": assignment,
        "cell": answer.cell,
        "student": answer.student,
        "marker": marker,
        "points": points,
        "comment": comment,
        "answer": answer.digest,
        "created": now(),
    }
    session_of(gradebook).execute(insert(hand_marks), [row])


def next_answer(
    answers: Mapping[Key, Answer], marker: str, order: Any, split: bool | None = None
) -> Answer | None:
    """The next answer that a marker has to mark; None when there is nothing left.

    Where nothing has been allotted, whatever waits is anybody's.

    Args:
        answers: from `answers_by_hand`.
        marker: who asks.
        order: student -> what to sort by within a question, so that it is not the alphabet.
        split: whether the assignment is split among markers; None: as these answers say.
    """
    if split is None:
        split = any(answer.markers for answer in answers.values())
    todo = [answer for answer in answers.values() if _is_due(answer, marker, split)]
    return min(todo, key=lambda answer: (answer.cell, order(answer.student)), default=None)


def _is_due(answer: Answer, marker: str, split: bool) -> bool:
    if marker in answer.given:
        return False
    if not split:
        return answer.waits
    ranks = [rank for rank, name in answer.markers.items() if name == marker]
    # What has been marked in formgrader is the first marker's; the second one still marks it.
    return bool(ranks) and (answer.waits or min(ranks) > 1 or bool(answer.given))
