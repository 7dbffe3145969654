"""The oral check: who is drawn, and what they are asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.defend.questions import code_questions, drawn
from autograder.defend.sheet import cut_between_formulas, draw_students, scheme_steps
from autograder.errors import CourseError
from autograder.grade.pipeline import grade_assignment
from tests.autograder.grade.conftest import NAME, TinyCourse
from tests.autograder.report.test_html import check_page
from tests.courses import ROOT

PROGRAM = """\
import numpy as np
%matplotlib inline

def losses(m, eps=1e-12):
    total = 0
    for value in m:
        if value > 30:
            total += np.exp(-value)
    try:
        w = m[1:, 0] @ m.T
    except ValueError:
        w = np.ones(3)
    while total > 7.5:
        total /= 2
    return w.sum(axis=1, keepdims=True) + total
"""
HOMEWORKS = [p.name for p in sorted((ROOT / "source").iterdir()) if p.name.startswith("hw")]


def test_each_kind_is_found_at_its_line() -> None:
    found = {(q.kind, q.line) for q in code_questions(PROGRAM)}
    assert found >= {
        ("function", 4), ("loop", 6), ("condition", 7), ("handler", 9), ("product", 10),
        ("subscript", 10), ("loop", 13), ("constant", 13), ("axis", 15),
    }  # fmt: skip
    texts = " ".join(q.text for q in code_questions(PROGRAM))
    assert "`value > 30`" in texts and "`for value in m`" in texts and "why 7.5?" in texts


def test_what_was_released_is_not_asked_about() -> None:
    released = ["for value in m:\n    if value > 30:"]
    lines = {q.line for q in code_questions(PROGRAM, released)}
    assert not lines & {6, 7} and {4, 13, 15} <= lines


@pytest.mark.parametrize("text", ["", "def f(:", "x = 1", "\x00", "(" * 500])
def test_what_gives_no_question_gives_none(text: str) -> None:
    assert code_questions(text) == []


def test_questions_are_of_different_kinds_and_the_same_for_the_same_lot() -> None:
    found = code_questions(PROGRAM)
    chosen = drawn(found, 5, str)
    assert len({q.kind for q in chosen}) == 5
    assert chosen == drawn(list(reversed(found)), 5, str)
    assert len(drawn(found, 100, str)) == len(found)


@pytest.mark.parametrize("name", HOMEWORKS)
def test_every_model_solution_gives_questions_in_each_code_answer(name: str) -> None:
    """Long answers of every homework can be asked about."""
    notebook = json.loads((ROOT / "source" / name / f"{name}.ipynb").read_text("utf-8"))
    asked = 0
    for cell in notebook["cells"]:
        text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
            found = code_questions(text)
            asked += len(found)
            assert found or text.count("\n") < 12, text
    assert asked >= 4


def test_steps_of_schemes_are_lists_or_tables() -> None:
    text = "Prove.\n=== BEGIN MARK SCHEME ===\n- 2: expands. - 3: sums.\n- 1: ends.\n"
    text += "| the norm grows | 4 |\n| a2 | 1 | $|x| \\le 1$ is used |\n=== END MARK SCHEME ==="
    steps = ["expands.", "sums.", "ends.", "the norm grows", "$|x| \\le 1$ is used"]
    assert scheme_steps(text) == steps
    assert scheme_steps("- 2: no scheme") == []


def test_a_sheet_of_a_class(make_tiny: Callable[..., TinyCourse], tmp_path: Path) -> None:
    """Five of seven by the stated seed; own code on the page; another seed draws others."""
    tiny = make_tiny()
    for i in range(7):
        answer = f"def double(x):\n    while x > {i}.5:\n        return 2 * x\n    return x + x"
        tiny.submit(f"s{i}", tiny.model(q1_answer=answer))
    names = draw_students(tiny.course, NAME, 5, "1")
    assert len(set(names)) == 5 and names == draw_students(tiny.course, NAME, 5, "1")
    assert len({tuple(draw_students(tiny.course, NAME, 5, str(seed))) for seed in range(9)}) > 1
    page = tmp_path / "sheet.html"
    done = CliRunner().invoke(app, ["defend", NAME, "-o", str(page), "-C", str(tiny.folder)])
    assert done.exit_code == 0, done.output
    text = page.read_text("utf-8")
    check_page(text)
    assert "5 of 7 who handed in, drawn with the term&#x27;s secret and seed &#x27;1&#x27;" in text
    for name in names:
        assert f"`while x &gt; {name[1:]}.5`: why does this end" in text
    left_out = {f"s{i}" for i in range(7)} - set(names)
    assert not [name for name in left_out if f"<h2>{name}," in text]


def test_proofs_are_shown_as_they_were_meant(
    make_tiny: Callable[..., TinyCourse], tmp_path: Path
) -> None:
    """Formulas are drawn without a script; nothing that a student wrote can act."""
    tiny = make_tiny()
    proof = "If $x_1 < 2$, *then* done.<script>alert(1)</script> [a](javascript:alert(1))"
    tiny.submit("ada", tiny.model(q2_answer=proof))
    grade_assignment(tiny.course, NAME)  # proofs to be marked by hand are the gradebook's
    page = tmp_path / "sheet.html"
    done = CliRunner().invoke(app, ["defend", NAME, "-o", str(page), "-C", str(tiny.folder)])
    assert done.exit_code == 0, done.output
    text = page.read_text("utf-8")
    check_page(text)
    assert "<msub>" in text and "<em>then</em>" in text and "$x_1" not in text
    assert "&lt;script&gt;" in text and "<a" not in text


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("uses $a+b$", "uses $a+b$"),
        ("shows that $a + b$ is", "shows that…"),
        ("shows $a$ and then $b$ too", "shows $a$ and t…"),
        ("no formula in this text", "no formula in t…"),
    ],
)
def test_no_formula_is_cut_in_two(text: str, short: str) -> None:
    assert cut_between_formulas(text, 16) == short


def test_nobody_to_draw_from_is_said(make_tiny: Callable[..., TinyCourse]) -> None:
    with pytest.raises(CourseError, match="must have submissions, got none"):
        draw_students(make_tiny().course, NAME, 5, "1")
