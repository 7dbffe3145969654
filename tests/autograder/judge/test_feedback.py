"""What a student reads in a graded cell: enough to go on, and nothing hidden."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.cases import Case, Result
from autograder.grade.submission import plain_part
from autograder.judge.feedback import WORDS, as_html, as_text, cell_outputs
from autograder.judge.marking import Part, part_of

SECRET = "SECRET"
VERDICTS = ["correct", "wrong", "crashed", "timed_out", "out_of_memory", "refused", "not_marked"]


def result(verdict: str, *, public: bool, number: int = 0, **changes: Any) -> Result:
    """A result whose every hidden text holds the secret word."""
    word = "public" if public else SECRET
    case = Case(
        id=f"{word}/test_{word}.py::test_{word}[{number}]",
        question="q1",
        weight=1.0,
        group=changes.get("group", f"{word}{number}"),
        title=f"Claim {number} {word}",
        hint=changes.get("hint", "Think of the signs."),
        public=public,
        forbid=(),
        timeout=1.0,
    )
    return Result(case, verdict, f"must be 1, got {word} {number}", f"trace {word}")


def texts(part: Part) -> list[str]:
    return [as_text(part), as_html(part), str(cell_outputs(part))]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_hidden_texts_are_never_shown(verdict: str) -> None:
    """No hidden title, name, message, trace or value, whatever the verdict."""
    results = [
        result("wrong", public=True),
        *(result(verdict, public=False, number=i) for i in "12"),
    ]
    part = part_of("q1", 4.0, results, "")
    if verdict == "refused":
        part.breach = "torch.nn is not allowed"
    for text in texts(part):
        assert SECRET not in text


def test_a_refusal_by_a_hidden_test_does_not_show_its_message() -> None:
    """What a process says while hidden inputs are in it stays with staff."""
    part = part_of("q1", 4.0, [result("refused", public=False)], "")
    for text in texts(part):
        assert SECRET not in text


def test_hidden_tests_are_counted_and_hinted() -> None:
    """How many passed, each hint once, and how the rest ended."""
    results = [
        result("correct", public=False, number=0),
        result("wrong", public=False, number=1),
        result("wrong", public=False, number=2),
        result("crashed", public=False, number=3, hint="Mind empty input."),
    ]
    text = as_text(part_of("q1", 4.0, results, ""))
    assert "1 of 4 tests with other inputs" in text
    assert text.count("Hint: Think of the signs.") == 1
    assert "Hint: Mind empty input." in text
    assert "1 of them: your code raised an error or ended" in text


def test_public_tests_are_shown_in_full() -> None:
    """Claim, message and hint of what failed; the claim of what passed."""
    results = [result("wrong", public=True, number=1), result("correct", public=True, number=2)]
    text = as_text(part_of("q1", 4.0, results, ""))
    assert "FAIL     Claim 1 public" in text
    assert "must be 1, got public 1" in text
    assert "pass     Claim 2 public" in text
    assert "got public 2" not in text


def test_parameters_of_one_public_test_are_one_row() -> None:
    """With the number of cases that passed."""
    results = [
        result(verdict, public=True, number=0, group="g") for verdict in ("correct", "wrong")
    ]
    text = as_text(part_of("q1", 4.0, results, ""))
    assert text.count("Claim 0 public") == 1
    assert "(1 of 2 cases)" in text


@pytest.mark.parametrize(
    ("score", "verdict", "words"),
    [
        (4.0, "correct", "q1: 4 of 4 points, correct"),
        (1.0 / 3, "partial", "q1: 0.3333 of 4 points, partly correct"),
        (None, "not_marked", "q1: not marked yet: the fault is ours"),
        (0.0, "refused", "q1: 0 of 4 points, refused by the question's policy"),
    ],
)
def test_the_headline(score: float | None, verdict: str, words: str) -> None:
    """The mark in one line."""
    part = Part("q1", "judge", 4.0, score, verdict)
    assert as_text(part).splitlines()[0] == words
    assert "fault is ours" in words or words.partition(": ")[2].split(",")[0] in as_html(part)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_html_is_escaped(title: str, message: str, breach: str) -> None:
    """No markup of a message gets through."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    case = Case("i", "q1", 1.0, "g", title + evil, evil, True, (), 1.0)
    part = Part("q1" + evil, "judge", 4.0, 0.0, "wrong", [Result(case, "wrong", message + evil)])
    part.breach = breach + evil
    html = as_html(part)
    assert "<script" not in html
    assert "<img" not in html


def test_the_outputs_are_one_valid_display() -> None:
    """In nbformat's form."""
    import nbformat

    part = part_of("q1", 4.0, [result("wrong", public=True)], "")
    cell = nbformat.v4.new_code_cell("check('q1')", outputs=cell_outputs(part))
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_every_verdict_has_words() -> None:
    """Also those of parts."""
    assert set(VERDICTS) | {"partial"} == set(WORDS)


def test_records_for_staff_keep_hidden_titles_out() -> None:
    """A part as plain data names hidden tests by id for staff, never by title."""
    part = plain_part(part_of("q1", 4.0, [result("wrong", public=False)], ""))
    assert part["tests"][0]["title"] == ""
    assert part["tests"][0]["weight"] == 1.0
