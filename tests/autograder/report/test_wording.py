"""Words, durations and the gate for hostile text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.report.schema import OUTCOMES, VERDICTS
from autograder.report.wording import (
    OUTCOME_WORDS,
    VERDICT_WORDS,
    cut,
    duration,
    flags,
    points,
    visible,
)


def test_every_outcome_and_verdict_has_a_word():
    assert tuple(OUTCOME_WORDS) == OUTCOMES
    assert tuple(VERDICT_WORDS) == VERDICTS


@given(st.text(st.characters(codec=None)))
def test_visible_text_has_no_control_or_surrogate_and_is_writable(text):
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode("utf-8")
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb", "a\\x0ab"),
        ("invoice\u202efdp.exe", "invoice\\u202efdp.exe"),
        ("\ud800", "\\ud800"),
        ("Zoë 李雷", "Zoë 李雷"),
    ],
)
def test_what_can_not_be_seen_is_spelled_out(text, shown):
    assert visible(text) == shown


def test_line_feeds_stay_where_lines_are_asked_for():
    assert visible("a\n\rb", lines=True) == "a\n\\x0db"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.31, "0.31 s"),
        (9.4, "9.4 s"),
        (59, "59 s"),
        (61, "1 min"),
        (3599.9, "1 h"),
        (18600, "5 h 10 min"),
        (172800, "2 d"),
        (277200, "3 d 5 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("score", "text"),
    [(None, ""), (12.0, "12"), (4.5, "4.5"), (7 / 3, "2.33"), (-0.001, "0"), (100, "100")],
)
def test_points_are_short(score, text):
    assert points(score) == text


def test_a_cut_shows_that_something_is_lost():
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"


def test_flags_say_what_to_do_first(builder):
    submission = builder.absent("a", "not_marked")
    submission.update(needs_manual=True, late_seconds=3600.0, late_penalty=5.0)
    submission.update(flags=["late", "edited \x1b[0mcells"])
    expected = ["mark again", "needs hand marks", "late 1 h", "penalty 5", "edited \\x1b[0mcells"]
    assert flags(submission) == expected
