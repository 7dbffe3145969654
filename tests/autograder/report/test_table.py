"""The printed class table: what is in it and how wide it is."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from autograder.report.table import WIDTH, results_table


def printed(run, width=200, colour=False):
    """The table as text on a wide terminal, so that nothing but its own limits holds it."""
    out = io.StringIO()
    Console(
        file=out, width=width, force_terminal=colour, color_system="standard" if colour else None
    ).print(results_table(run))
    return out.getvalue()


def line_of(text, student):
    return next(line for line in text.splitlines() if line.startswith(student))


@pytest.mark.parametrize("students", [0, 1, 14, 300])
def test_the_table_fits_and_names_everybody(builder, students):
    text = printed(builder.run(students))
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= WIDTH
    assert all(f"student{i:03d} " in text for i in range(students))


def test_scores_total_and_flags_are_shown(builder):
    run = builder.run(1)
    submission = run["submissions"][0]
    submission.update(score=61.5, late_seconds=7200.0, late_penalty=1.5)
    submission["questions"]["q2"].update(score=3.25, verdict="timed_out")
    line = line_of(printed(run), "student000")
    assert "3.25t" in line
    assert " 60 " in line
    assert "late 2 h, penalty 1.5" in line
    assert "t timed out" in printed(run)


def test_not_marked_is_blank(builder):
    run = builder.run(1)
    run["submissions"] = [builder.absent("fault", "not_marked")]
    assert line_of(printed(run), "fault").split() == ["fault", "not", "marked", "mark", "again"]


def test_a_total_that_waits_for_hand_marks_has_a_plus(builder):
    run = builder.run(1)
    run["submissions"] = [builder.submission("waiting", ability=1.0, hand_marked=False)]
    text = printed(run)
    assert "73+" in line_of(text, "waiting")
    assert "needs hand marks" in line_of(text, "waiting")
    assert "… waits for a hand mark" in text


def test_too_many_questions_become_a_strip_of_symbols(builder):
    run = builder.run(5)
    for submission in run["submissions"]:
        question = submission["questions"]["q2"] | {"verdict": "correct"}
        submission["questions"] |= {f"problem-{i:02d}": question for i in range(40)}
    text = printed(run)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= WIDTH
    assert text.count("●") >= 5 * 40
    assert "q0 to problem-39" in text
    assert "● full marks" in text


def test_colour_is_never_the_only_sign(builder):
    run = builder.run(1)
    question = run["submissions"][0]["questions"]["q2"]
    plain = printed(run)
    question["verdict"] = "crashed" if question["verdict"] != "crashed" else "refused"
    assert printed(run) != plain


hostile = ["<b>", "[red]x[/red]", "\x1b[2J\x1b]0;title\x07", "a\nb", "李" * 60, "x" * 500, "\u202e"]


@pytest.mark.parametrize("name", hostile)
def test_a_hostile_name_is_text(builder, name):
    run = builder.run(2)
    run["submissions"][0].update(student=name, flags=[name])
    run["submissions"][0]["questions"][name] = run["submissions"][0]["questions"]["q0"]
    text = printed(run)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= WIDTH
    assert not set(text) & set("\x1b\x07\u202e")
    if name.isprintable() and len(name) < 20:
        assert name in text


@settings(max_examples=30, deadline=None)
@given(names=st.lists(st.text(min_size=1, max_size=30), unique=True, max_size=4))
def test_any_names_fit(builder, names):
    run = builder.run(0)
    run["submissions"] = [builder.submission(name) for name in names]
    text = printed(run)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= WIDTH


def test_the_caption_counts_outcomes_and_gives_the_median_of_those_marked(builder):
    run = builder.run(3)
    for score, submission in zip((10.0, 40.0, 90.0), run["submissions"], strict=True):
        submission["score"] = score
    run["submissions"].append(builder.absent("gone"))
    assert "4 in class · 3 finished · 1 missing · median 40 of 100" in printed(run)


def test_what_is_no_run_is_refused():
    with pytest.raises(ValueError, match="run must be an object, got \\[\\]"):
        results_table([])
