"""A grading run as plain data, in the form of `report.schema`: verdicts with hand marks."""

from __future__ import annotations

import datetime
from typing import Any

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
    return [_row(gradebook, assignment, student, records.read(student)) for student in students]


def _row(
    gradebook: Any, assignment: str, student: str, record: dict[str, Any] | None
) -> dict[str, Any]:
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
        submission = gradebook.find_submission(assignment, student)
        row["late_seconds"] = float(submission.total_seconds_late)
        for notebook in submission.notebooks:
            row["late_penalty"] += float(notebook.late_submission_penalty or 0.0)
            for grade in notebook.grades:
                if grade.manual_score is not None:
                    manual[grade.name] = float(grade.manual_score) + float(grade.extra_credit or 0)
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
