"""results.json: a grading in Gradescope's form, always valid, without what is not for students.

One entry per question, with the points of its automatically marked parts; parts marked by hand are
named and have their points elsewhere on Gradescope. What a student reads of a question is what the
feedback of `judge.feedback` says of its cells.

Source: Gradescope, "Autograder Specifications", output format.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.grade.release import ReleasedNotebook, cell_text

MAX_TEXT = 20_000  # characters of one output; Gradescope cuts at 100,000
MAX_FLAGS = 50
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BY_HAND = "marked by hand, not part of this score"
_UNFINISHED = (
    "Grading did not end; this is nothing that you did wrong. The points shown are of the "
    "questions that had been graded. Please tell the course's staff."
)
_NOT_MARKED = "not marked yet, and the fault is ours: staff will grade it again"


@dataclass
class Shown:
    """How a grading is shown.

    Attributes:
        notebooks: the released notebooks.
        visibility: question -> visibility; "*" for all others.
        lines: what to say above the questions.
        penalty: points taken off, of the sum.
        leaderboard: entries, as `leaderboard_entries` lets them through.
        audit: what to keep of this grading.
    """

    notebooks: Sequence[ReleasedNotebook]
    visibility: Mapping[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    penalty: float = 0.0
    leaderboard: list[dict[str, Any]] = field(default_factory=list)
    audit: dict[str, Any] = field(default_factory=dict)


def results_of(result: dict[str, Any], shown: Shown) -> dict[str, Any]:
    """A grading's results.json.

    Args:
        result: of `bundle.grade_folder`.
        shown: how to show it.
    """
    parts = _parts(result, shown.notebooks)
    feedback = _feedback(result)
    tests = [
        _question(number, name, own, feedback, shown.visibility)
        for number, (name, own) in enumerate(_by_question(parts).items(), 1)
    ]
    earned = sum(test.get("score", 0.0) for test in tests)
    most = sum(part["max_score"] for part in parts.values() if part["kind"] != "manual")
    results: dict[str, Any] = {
        "score": _points(earned - shown.penalty, most),
        "output": plain_text("\n".join(shown.lines)),
        "output_format": "text",
        "test_output_format": "md",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",  # written by us, for staff
        "tests": tests,
        "extra_data": shown.audit,
    }
    seconds = result.get("seconds", 0.0)
    results["execution_time"] = seconds if math.isfinite(seconds) and seconds >= 0 else 0.0
    if shown.leaderboard:
        results["leaderboard"] = shown.leaderboard
    return results


def notice(text: str, score: float, audit: dict[str, Any]) -> dict[str, Any]:
    """A results.json without questions: a sentence and a score."""
    return {
        "score": score if math.isfinite(score) and score >= 0 else 0.0,
        "output": plain_text(text),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [],
        "extra_data": audit,
    }


def summary_lines(result: dict[str, Any]) -> list[str]:
    """What the submitter reads of the whole: how it ended and what was mended in the upload."""
    lines = []
    if result["outcome"] == "unfinished":
        lines.append(_UNFINISHED)
    elif result["outcome"] == "not_marked":
        lines.append(f"Your submission is {_NOT_MARKED}.")  # the reason may quote a hidden test
    elif result["outcome"] != "finished":
        message = result.get("message", "")
        lines.append(f"Your notebook: {result['outcome'].replace('_', ' ')}. {message}".strip())
    flags = result.get("flags", [])
    return lines + [str(flag) for flag in flags[:MAX_FLAGS]]


def leaderboard_entries(found: object) -> list[dict[str, Any]]:
    """The well-formed ones among what a course's hook returned."""
    entries = []
    for each in found if isinstance(found, list) else []:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            continue
        value = each.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue
        if isinstance(value, float) and not math.isfinite(value):
            continue
        kept = {"name": plain_text(each["name"]), "value": value}
        if each.get("order") in ("asc", "desc"):
            kept["order"] = each["order"]
        entries.append(kept)
    return entries


def plain_text(text: str) -> str:
    """Text that every reader of JSON takes, cut to a length that Gradescope shows."""
    clean = _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= MAX_TEXT else clean[:MAX_TEXT] + "\n... (cut)"


def _parts(
    result: dict[str, Any], notebooks: Sequence[ReleasedNotebook]
) -> dict[str, dict[str, Any]]:
    """grade_id -> part, in the notebook's order; what has no result is not marked."""
    found: dict[str, dict[str, Any]] = {}
    for notebook in notebooks:
        known = result.get("notebooks", {}).get(notebook.name, {}).get("parts", {})
        for cell in notebook.cells:
            if cell.worth:
                by_hand = cell.task or cell.solution or cell.cell_type != "code"
                kind = "manual" if by_hand else "judge"
                none: dict[str, Any] = {
                    "kind": kind,
                    "verdict": "not_marked",
                    "score": None,
                    "tests": [],
                }
                part = known.get(cell.grade_id, none)
                if part["score"] is not None and not math.isfinite(part["score"]):
                    part = none  # no mark, whoever computed it
                found[cell.grade_id] = {**part, "max_score": cell.points}
    return found


def _by_question(parts: dict[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    questions: dict[str, dict[str, dict[str, Any]]] = {}
    for grade_id, part in parts.items():
        questions.setdefault(grade_id.partition("-")[0], {})[grade_id] = part
    return questions


def _question(
    number: int,
    name: str,
    parts: dict[str, dict[str, Any]],
    feedback: dict[str, str],
    visibility: Mapping[str, str],
) -> dict[str, Any]:
    marked = {id: part for id, part in parts.items() if part["kind"] != "manual"}
    open_ = [id for id, part in marked.items() if part["score"] is None]
    most = sum(part["max_score"] for part in marked.values())
    text = "\n\n".join(_part_text(id, part, feedback) for id, part in parts.items())
    test: dict[str, Any] = {
        "name": name,
        "name_format": "text",
        "number": str(number),
        "output": plain_text(text),
        "output_format": "md",
        "tags": sorted({part["verdict"] for part in parts.values()}),
        "visibility": visibility.get(name, visibility.get("*", "visible")),
        "extra_data": {id: _audit_of(part) for id, part in parts.items()},
    }
    if marked and not open_:
        earned = sum(part["score"] for part in marked.values())
        test |= {"score": _points(earned, most), "max_score": most}
        full = all(
            p["score"] >= p["max_score"] and p["verdict"] == "correct" for p in marked.values()
        )
        test["status"] = "passed" if full else "failed"
    return test


def _part_text(grade_id: str, part: dict[str, Any], feedback: dict[str, str]) -> str:
    if part["kind"] == "manual":
        return f"{grade_id}: {_BY_HAND}"
    if part["score"] is None:
        return f"{grade_id}: {_NOT_MARKED}"
    line = f"{grade_id}: {part['score']:.4g} of {part['max_score']:g} points"
    return _fenced(feedback[grade_id]) if grade_id in feedback else line


def _fenced(text: str) -> str:
    """Text in a code block that nothing in it can end; markdown in it is text."""
    cut = plain_text(text)
    longest = max((len(run) for run in re.findall("`+", cut)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{cut}\n{fence}"


def _feedback(result: dict[str, Any]) -> dict[str, str]:
    """grade_id -> what the judge wrote below the cell; not of cells that student code ran."""
    found = {}
    for notebook in result.get("notebooks", {}).values():
        for cell in notebook["notebook"]["cells"] if "notebook" in notebook else []:
            grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")
            part = notebook["parts"].get(grade_id)
            if part is None or part["kind"] != "judge" or not part["tests"]:
                continue
            for output in cell.get("outputs", [])[:1]:
                text = output.get("data", {}).get("text/plain", "")
                found[grade_id] = cell_text({"source": text})
    return found


def _audit_of(part: dict[str, Any]) -> dict[str, Any]:
    """A part for the record: numbers, no titles or messages."""
    kept = {key: part[key] for key in ("kind", "verdict", "score", "max_score")}
    kept["tests"] = len(part["tests"])
    kept["passed"] = sum(bool(test["passed"]) for test in part["tests"])
    return kept


def _points(score: float, most: float) -> float:
    return min(max(float(score), 0.0), float(most)) if math.isfinite(score) else 0.0
