"""The proofs of a submission, printed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from autograder.errors import CourseError, SandboxError
from autograder.grade import sanitize
from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.targets import pdf
from tests.autograder.grade.conftest import NAME, TinyCourse

RELEASE = ReleasedNotebook(
    "hw1",
    (
        ReleasedCell(
            "q1", "a", "markdown", "Prove it. SCHEME", task=True, points=5, released="Prove."
        ),
        ReleasedCell("q1-answer", "b", "markdown", "", solution=True, grade=True, released=""),
        ReleasedCell("q2", "c", "code", "check()", grade=True, points=4, released="check()"),
        ReleasedCell("q3", "d", "markdown", "", grade=True, solution=True, points=2, released=""),
    ),
    {},
)


def pages(answer: str, other: str = "three") -> list[str]:
    cells = [
        sanitize.Cell("markdown", answer, RELEASE.cells[1]),
        sanitize.Cell("markdown", other, RELEASE.cells[3]),
        sanitize.Cell("markdown", "my own notes"),
    ]
    return pdf.question_pages(RELEASE, cells, "hw1 · bea")


def test_each_hand_marked_question_has_a_page_of_its_own() -> None:
    """With its statement as released, its answer, and neither scheme nor judged questions."""
    first, second = pages("Since $x^2 \\ge 0$.")
    assert "hw1 · bea · q1 · 5 points" in first and "Prove." in first
    assert "SCHEME" not in first
    assert "q3 · 2 points" in second and "three" in second


def test_formulas_are_drawn_without_scripts() -> None:
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in pages("Since $x^2 \\ge 0$.")[0]


def test_an_answer_cannot_act() -> None:
    page = pdf.page_of(pages("<script>alert(1)</script><img src=x onerror=alert(1)>"))
    assert "<script" not in page and "onerror=" not in page.replace("&lt;img src=x onerror=", "")


def test_without_chromium_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="needs Chromium on PATH"):
        pdf.print_page("<p>x</p>", tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()


def test_a_student_without_submission_is_named(tiny: TinyCourse, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="nobody"):
        pdf.write_pdf(tiny.course, NAME, "nobody", tmp_path / "x.pdf")


@pytest.mark.browser
def test_chromium_prints_a_page_per_question(tiny: TinyCourse, tmp_path: Path) -> None:
    assert shutil.which("chromium") or shutil.which("google-chrome"), "no Chromium on PATH"
    tiny.submit("prover", json.dumps(tiny.model(q2_answer="It holds since $\\frac{1}{2} > 0$.")))
    assert pdf.write_pdf(tiny.course, NAME, "prover", tmp_path / "x.pdf") == 1
    data = (tmp_path / "x.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    pdf.print_page(pdf.page_of(pages("one")), tmp_path / "two.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "two.pdf").read_bytes())) == 2
