"""grades.csv: one row a student, every question's points, ready for a spreadsheet.

A spreadsheet runs a cell that begins like a formula, so such text gets a leading apostrophe; real
numbers stay numbers.
"""

import csv
import io
import os
import re
import secrets
from pathlib import Path

from autograder.report.measures import final_score, question_maxima
from autograder.report.schema import Run, Submission, validate_run
from autograder.report.wording import visible

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# The full-width forms are read as operators by spreadsheets in East Asian locales.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


def write_grades(run: Run, path: str | os.PathLike[str]) -> None:
    """Write the class's marks as CSV (UTF-8, RFC 4180), all at once or not at all.

    Columns: student, hw; for each question "<id> score" and "<id> max"; auto_total, total (hand
    marks included, before the penalty), max_score, late_seconds, penalty, final (total less the
    penalty, at least 0), outcome, needs_manual. Marks that do not exist yet are blank, all of
    them where the outcome is not_marked.

    Args:
        run: what `tdl grade --json` wrote.
        path: the file to write; an older one is replaced.

    Raises:
        ValueError: `run` is not a grading run.
        OSError: the file can't be written; an older one is then untouched.
    """
    validate_run(run)
    maxima = question_maxima(run)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_cell(name) for name in _header(maxima)])
    for submission in run["submissions"]:
        row = _row(run["assignment"], submission, maxima)
        writer.writerow([safe_cell(cell) for cell in row])
    replace_file(path, text.getvalue())


def plain_cell(text: str) -> str:
    """What `safe_cell` made a text from."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:]) else text


def safe_cell(value: str | float | None) -> str:
    """The text of a cell that no spreadsheet runs: "" for None, numbers to six decimals."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(round(value, 6))  # sums of tenths don't read 4.800000000000001
    text = visible(value)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def replace_file(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file so that every reader sees the old one or the whole new one."""
    path = Path(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with draft.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _header(maxima: dict[str, float]) -> list[str]:
    # A blank in the name keeps a question called "total" apart from the column total.
    questions = [f"{key} {what}" for key in maxima for what in ("score", "max")]
    totals = ["auto_total", "total", "max_score", "late_seconds", "penalty", "final"]
    return ["student", "hw", *questions, *totals, "outcome", "needs_manual"]


def _row(
    assignment: str, submission: Submission, maxima: dict[str, float]
) -> list[str | float | None]:
    marked = submission["outcome"] != "not_marked"
    marks: list[str | float | None] = []
    for key, most in maxima.items():
        question = submission["questions"].get(key)
        marks += [question["score"] if question and marked else None]
        marks += [question["max_score"] if question else most]
    totals = [
        submission["auto_score"] if marked else None,
        submission["score"],
        submission["max_score"],
        submission["late_seconds"],
        submission["late_penalty"],
        final_score(submission),
    ]
    manual = "yes" if submission["needs_manual"] else "no"
    return [submission["student"], assignment, *marks, *totals, submission["outcome"], manual]
