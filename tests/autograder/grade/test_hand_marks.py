"""Marks by hand of answers that were graded for real."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import CliRunner

from autograder.cli import app
from autograder.grade.pipeline import grade_assignment
from autograder.ledger.hand_marks import answers_by_hand, give_mark
from tests.autograder.grade.conftest import NAME, TinyCourse


def test_a_mark_ends_with_the_words_it_was_given_for(make_tiny: Callable[..., TinyCourse]) -> None:
    """A marker reads question, scheme and answer; a new answer waits again, an equal one not."""
    tiny = make_tiny()
    tiny.submit("ada", tiny.model())
    grade_assignment(tiny.course, NAME, jobs=1)
    runner = CliRunner()
    arguments = ["marking", "next", NAME, "--marker", "ann", "-C", str(tiny.folder)]
    done = runner.invoke(app, arguments, input="4\nFine.\n")
    assert "SCHEMESECRET" in done.output and "My proof." in done.output, done.output
    assert tiny.marks("ada")["q2"]["score"] == 4
    grade_assignment(tiny.course, NAME, jobs=1, force=True)
    with tiny.gradebook() as book:
        answer = answers_by_hand(book, tiny.course, NAME)["q2", "ada"]
        give_mark(book, NAME, answer, "bea", 5)
    assert tiny.marks("ada")["q2"]["score"] == 4.5
    tiny.submit("ada", tiny.model(q2_answer="Another proof."))
    grade_assignment(tiny.course, NAME, jobs=1)
    assert tiny.marks("ada")["q2"]["needs"]
    with tiny.gradebook() as book:
        answer = answers_by_hand(book, tiny.course, NAME)["q2", "ada"]
        assert answer.given == {}
        give_mark(book, NAME, answer, "bea", 1)
    assert tiny.marks("ada")["q2"]["score"] == 1


def test_both_report_pages_of_a_graded_course(make_tiny: Callable[..., TinyCourse]) -> None:
    """With a scheme, a missing student, and one answer marked by two people."""
    tiny = make_tiny('c.Grading.components = {"homeworks": {"weight": 1, "items": ["*"]}}\n')
    for student, answer in (("ada", "return 2 * x"), ("bob", "return 2 * abs(x)")):
        tiny.submit(student, tiny.model(q1_answer=f"def double(x):\n    {answer}"))
    grade_assignment(tiny.course, NAME, jobs=2)
    with tiny.gradebook() as book:
        book.add_student("cem")
        answer = answers_by_hand(book, tiny.course, NAME)["q2", "ada"]
        for marker, points in (("ann", 4), ("bea", 2)):
            give_mark(book, NAME, answer, marker, points)
    for arguments, wanted in (
        (["report", NAME], ("Marker agreement", "Think of negative numbers.", "bob")),
        (["report"], ("Components", "tiny q1", "Who missed most", "tiny q2")),
    ):
        page = tiny.folder / "page.html"
        done = CliRunner().invoke(app, [*arguments, "-o", str(page), "-C", str(tiny.folder)])
        assert done.exit_code == 0, done.output
        text = page.read_text("utf-8")
        assert all(words in text for words in (*wanted, "ann", "bea", "cem")), wanted
        assert "SECRETMESSAGE" not in text and "SECRETTITLE" not in text
