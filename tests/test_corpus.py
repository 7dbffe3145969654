"""The verdict corpora: every submission gets exactly what its expect.toml says.

Of the labs, whose answers train networks, every third one here; `tdl verdicts lab1` has them all.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.corpus import read_corpus
from autograder.verdicts import grade_corpus, quality

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENTS = sorted(p.name for p in (ROOT / "tests" / "submissions").iterdir() if p.is_dir())


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_submission_gets_what_is_expected(assignment: str) -> None:
    """Kill rate 100 %, false-reject rate 0 %, and points exactly as expected."""
    corpus = read_corpus(ROOT, assignment)
    chosen = corpus[::3] if assignment.startswith("lab") else corpus
    comparisons = grade_corpus(ROOT, assignment, chosen=chosen)
    wrong = [f"{c.expected.name}: {d}" for c in comparisons for d in c.differences]
    assert wrong == []
    for name, measured in quality(comparisons).items():
        assert (measured.kill_rate, measured.false_reject_rate) == (1.0, 0.0), name


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_question_has_wrong_and_right_answers(assignment: str) -> None:
    """No judge cell without at least three wrong answers, and right ones for the homework."""
    path = ROOT / "source" / assignment / f"{assignment}.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    judged = [m["grade_id"] for m in marks if m.get("grade") and not m.get("solution")]
    corpus = read_corpus(ROOT, assignment)
    for grade_id in judged:
        wrong = [e for e in corpus if grade_id in e.questions]
        assert len(wrong) >= 3, grade_id
    assert sum(e.name.startswith(("alternative/", "correct/")) for e in corpus) >= 3
