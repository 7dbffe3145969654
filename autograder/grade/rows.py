"""A grading run as plain data, in the form of `report.schema`: verdicts with hand marks."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import Assignment, BaseCell, Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import func, select

from autograder.errors import CourseError
from autograder.grade.choosing import versions
from autograder.grade.course import CourseFolder
from autograder.grade.records import Records
from autograder.grade.release import ReleasedNotebook
from autograder.judge.marking import fingerprint


def run_header(
    course: CourseFolder, assignment: str, level: str, notebooks: list[ReleasedNotebook]
) -> dict[str, Any]:
    """Everything of a run but its submissions."""
    return {
        "schema": 1,
        "course": course.title,
        "assignment": assignment,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "seed": {"term": course.course.term, "fingerprint": fingerprint(course.secret())},
        "level": level,
        "max_score": sum(c.points for n in notebooks for c in n.cells if c.worth),
        "wall_seconds": 0.0,
    }


def submission_rows(
    gradebook: Any, assignment: str, students: list[str], records: Records
) -> list[dict[str, Any]]:
    """The rows of these students; three queries, however many they are."""
    known = _in_gradebook(gradebook, assignment)
    return [_row(student, records.read(student), known) for student in students]


@dataclass
class _Entry:
    """What the gradebook knows of a submission beside its automatic marks."""

    late_seconds: float = 0.0
    late_penalty: float = 0.0
    manual: dict[str, float] = field(default_factory=dict)


def _in_gradebook(gradebook: Any, assignment: str) -> dict[str, _Entry]:
    """Student -> entry of every submission of an assignment."""
    submission, page, db = SubmittedAssignment, SubmittedNotebook, gradebook.db
    student = submission.student_id
    of_it = submission.assignment_id == gradebook.find_assignment(assignment).id
    found: dict[str, _Entry] = {}
    when = select(student, submission.timestamp, submission.extension, Assignment.duedate)
    for name, handed_in, extension, due in db.execute(when.join(Assignment).where(of_it)):
        late = 0.0
        if handed_in is not None and due is not None:
            due += extension or datetime.timedelta()
            late = max(0.0, (handed_in - due).total_seconds())
        found[name] = _Entry(late)
    penalties = select(student, func.sum(page.late_submission_penalty)).join(page)
    for name, penalty in db.execute(penalties.where(of_it).group_by(student)):
        found[name].late_penalty = float(penalty or 0.0)
    marks = select(student, BaseCell.name, Grade.manual_score, Grade.extra_credit)
    marks = marks.join(page, page.assignment_id == submission.id)
    marks = marks.join(Grade, Grade.notebook_id == page.id)
    marks = marks.join(BaseCell, BaseCell.id == Grade.cell_id)
    for name, cell, score, extra in db.execute(marks.where(of_it, Grade.manual_score.is_not(None))):
        found[name].manual[cell] = float(score) + float(extra or 0.0)
    return found


def _row(student: str, record: dict[str, Any] | None, known: dict[str, _Entry]) -> dict[str, Any]:
    """One submission of a run: the record's verdicts with the gradebook's hand marks."""
    ungraded: dict[str, Any] = {"outcome": "not_marked", "message": "not graded"}
    result = record["result"] if record else ungraded
    row: dict[str, Any] = {
        "student": student,
        "outcome": result["outcome"],
        "message": result.get("message", ""),
        "flags": result.get("flags", []),
        "seconds": result.get("seconds", 0.0),
        "cpu_seconds": result.get("cpu_seconds", 0.0),
        "late_seconds": 0.0,
        "late_penalty": 0.0,
        "questions": {},
    }
    manual: dict[str, float] = {}
    if result["outcome"] != "not_marked":
        if student not in known:
            raise CourseError(
                f"gradebook must have {student!r}, got no submission; grade it with --force"
            )
        entry = known[student]
        row["late_seconds"], row["late_penalty"] = entry.late_seconds, entry.late_penalty
        manual = entry.manual
    for notebook in result.get("notebooks", {}).values():
        for grade_id, part in notebook["parts"].items():
            _add_part(row["questions"], grade_id, part, manual)
    for question in row["questions"].values():
        _sum_up(question)
    row |= totals(row)
    return row


def _add_part(
    questions: dict[str, Any], grade_id: str, part: dict[str, Any], manual: dict[str, float]
) -> None:
    shown_keys = ("title", "passed", "weight", "public", "hint")
    plain = {
        **{key: part[key] for key in ("score", "max_score", "verdict", "kind")},
        "auto_score": part["score"],
        "tests": [{key: test[key] for key in shown_keys} for test in part["tests"]],
    }
    if grade_id in manual:
        plain["score"] = manual[grade_id]
        plain["verdict"] = _verdict_of(manual[grade_id], part["max_score"])
    question = questions.setdefault(grade_id.partition("-")[0], {"parts": {}})
    question["parts"][grade_id] = plain


def _verdict_of(score: float, points: float) -> str:
    return "correct" if score >= points else "partial" if score > 0 else "wrong"


def _sum_up(question: dict[str, Any]) -> None:
    parts = question["parts"].values()
    verdicts = {part["verdict"] for part in parts}
    question["max_score"] = sum(part["max_score"] for part in parts)
    if "not_marked" in verdicts:
        question["score"], question["verdict"] = None, "not_marked"
        return
    scores = [part["score"] for part in parts if part["score"] is not None]
    question["score"] = sum(scores) if scores else None
    if len(verdicts) == 1:
        question["verdict"] = verdicts.pop()
    elif "unmarked" in verdicts:
        question["verdict"] = "unmarked"
    elif "refused" in verdicts:
        question["verdict"] = "refused"
    else:
        question["verdict"] = "partial" if sum(scores) > 0 or "correct" in verdicts else "wrong"


def totals(row: dict[str, Any]) -> dict[str, Any]:
    """Sums over a row's questions; null where something is not marked."""
    questions = row["questions"].values()
    parts = [part for question in questions for part in question["parts"].values()]
    top = sum(question["max_score"] for question in questions)
    if row["outcome"] == "not_marked" or any(p["verdict"] == "not_marked" for p in parts):
        row["outcome"] = "not_marked"
        return {"score": None, "auto_score": None, "max_score": top, "needs_manual": False}
    return {
        "score": sum(question["score"] or 0.0 for question in questions),
        "auto_score": sum(part["auto_score"] or 0.0 for part in parts),
        "max_score": top,
        "needs_manual": any(part["verdict"] == "unmarked" for part in parts),
    }


def missing_rows(
    gradebook: Any, assignment: str, known: set[str], notebooks: list[ReleasedNotebook]
) -> list[dict[str, Any]]:
    """Rows of enrolled students who handed nothing in."""
    rows = []
    for student in gradebook.students:
        if student.id in known:
            continue
        row: dict[str, Any] = {"seconds": 0.0, "cpu_seconds": 0.0}
        row |= {"late_seconds": 0.0, "late_penalty": 0.0}
        row.update(student=str(student.id), outcome="missing", flags=[], questions={})
        row["message"] = "nothing submitted"
        for cell in (c for n in notebooks for c in n.cells if c.worth):
            kind = "manual" if cell.task or cell.solution else "judge"
            part = {"score": 0.0, "max_score": cell.points, "verdict": "wrong", "kind": kind}
            _add_part(row["questions"], cell.grade_id, {**part, "tests": []}, {})
        for question in row["questions"].values():
            _sum_up(question)
        row |= totals(row)
        rows.append(row)
    return rows
