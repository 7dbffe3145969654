"""Feedback after the end: inputs of failed tests by policy; and what a release says of AI tools."""

from __future__ import annotations

import datetime
import html
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.grade.course import load_course
from autograder.grade.pipeline import grade_assignment
from autograder.ledger.exceptions import set_exception
from autograder.ledger.tables import now
from autograder.targets.replays import replays
from autograder.targets.statements import STATEMENTS, statement_for
from tests.autograder.grade.conftest import NAME, SECRETS, TinyCourse, nbgrader

SEEDED = '''
import pytest


@pytest.mark.question("q1", hint="Look at the sign.")
def test_seeded(student, rng):
    """SECRETTITLE: a number of either sign."""
    x = -1.0 - float(rng.uniform())
    assert student.double(x) == 2 * x, "SECRETMESSAGE"


@pytest.mark.question("q1", replay=False)
def test_kept_back(student, rng):
    """SECRETTITLE: not to be shown."""
    assert student.double(-424242.0) == -848484.0
'''
WRONG = "def double(x):\n    return 2 * abs(x)"


def graded(
    make: Callable[..., TinyCourse], days: float | None, policy: str = "after_due"
) -> TinyCourse:
    """A wrong answer, graded, so many days before the due date (after it if negative)."""
    tiny = make(f"c.Grading.failing_inputs = {policy!r}\n")
    (tiny.folder / "checks" / NAME / "test_q1_seeded.py").write_text(SEEDED)
    tiny.submit("ada", tiny.model(q1_answer=WRONG, q2_answer="YOUR ANSWER HERE"))
    tiny.submit("bob", tiny.model(q1_answer=WRONG))
    grade_assignment(tiny.course, NAME, jobs=1)
    if days is not None:
        due(tiny, days)
    return tiny


def due(tiny: TinyCourse, days: float) -> None:
    with tiny.gradebook() as book:
        when = now() + datetime.timedelta(days=days)
        book.update_or_create_assignment(NAME, duedate=when)


def test_from_grading_to_the_page(make_tiny: Callable[..., TinyCourse]) -> None:
    """Before the end nothing; then the student's own input, and no fixed or refused one."""
    tiny = graded(make_tiny, 1)
    assert replays(tiny.course, NAME, "ada") == {}
    due(tiny, -1)
    with tiny.gradebook() as book:
        set_exception(book, NAME, "bob", 2 * 86400.0, "ill")
    assert replays(tiny.course, NAME, "ada") == {}, "bob may still hand in"
    with tiny.gradebook() as book:
        set_exception(book, NAME, "bob", 0.0, "")
    (text,) = replays(tiny.course, NAME, "ada")["q1"]
    (other,) = replays(tiny.course, NAME, "bob")["q1"]
    assert re.search(r"# Hint: Look at the sign\.\ndouble\(-1\.\d+\)$", text) and text != other
    nbgrader(tiny.folder, "generate_feedback", NAME)
    page = (tiny.folder / "feedback" / "ada" / NAME / f"{NAME}.html").read_text("utf-8")
    assert text.splitlines()[-1] in html.unescape(page)
    kept = set(SECRETS) - {"987654"} | {"424242", "SECRETMESSAGE", other.splitlines()[-1]}
    assert not [word for word in kept if word in page]
    assert "987654" not in page, "an input that is the same for everybody"


def test_without_a_due_date_it_never_ends(make_tiny: Callable[..., TinyCourse]) -> None:
    assert replays(graded(make_tiny, None).course, NAME, "ada") == {}


def test_nothing_is_shown_unless_the_course_says_so(make_tiny: Callable[..., TinyCourse]) -> None:
    assert replays(graded(make_tiny, -1, "never").course, NAME, "ada") == {}


def test_a_release_says_what_the_course_says_of_ai(make_tiny: Callable[..., TinyCourse]) -> None:
    """The second cell, locked; and a submission of it is graded as ever. Set behind install(c)."""
    tiny = make_tiny()
    config = tiny.folder / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.Course.ai_use = {"*": "disclosed"}\n')
    nbgrader(tiny.folder, "generate_assignment", NAME, "--force")
    path = tiny.folder / "assignments" / NAME / f"{NAME}.ipynb"
    release = json.loads(Path(path).read_text("utf-8"))
    cell = release["cells"][1]
    text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    assert text == f"**Use of AI tools.** {STATEMENTS['disclosed']}"
    assert cell["metadata"]["nbgrader"]["locked"] and not cell["metadata"]["editable"]
    again = TinyCourse(tiny.folder, load_course(tiny.folder), release)
    again.submit("ada", again.model())
    run = grade_assignment(again.course, NAME, jobs=1)
    assert run["submissions"][0]["auto_score"] == 7 and not run["submissions"][0]["flags"]


@pytest.mark.parametrize(
    ("ai_use", "text"),
    [
        ({}, ""),
        ({"hw1": "free", "*": "forbidden"}, STATEMENTS["free"]),
        ({"*": "forbidden"}, STATEMENTS["forbidden"]),
        ({"hw2": "free"}, ""),
        ({"hw1": "Ask us first."}, "Ask us first."),
    ],
)
def test_which_statement_holds(ai_use: dict[str, str], text: str) -> None:
    assert statement_for(ai_use, "hw1") == text


def test_an_unknown_word_is_no_statement() -> None:
    with pytest.raises(CourseError, match="forbidden, disclosed, free or a sentence, got maybe"):
        statement_for({"*": "maybe"}, "hw1")
