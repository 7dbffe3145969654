"""grades.csv: read back with the csv module, as a spreadsheet would."""

import csv
import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.report.grades import replace_file, safe_cell, write_grades


@pytest.fixture
def rows(tmp_path):
    def written(run):
        path = tmp_path / "grades.csv"
        write_grades(run, path)
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    return written


def test_every_mark_is_in_its_column(builder, rows):
    run = builder.run(7)
    for row, submission in zip(rows(run), run["submissions"], strict=True):
        assert row["student"] == submission["student"]
        assert row["hw"] == "hw1"
        for key, question in submission["questions"].items():
            assert float(row[f"{key} score"]) == pytest.approx(question["score"], abs=1e-6)
            assert float(row[f"{key} max"]) == question["max_score"]
        assert float(row["auto_total"]) == pytest.approx(submission["auto_score"], abs=1e-6)
        assert float(row["total"]) == pytest.approx(submission["score"], abs=1e-6)
        assert float(row["late_seconds"]) == pytest.approx(submission["late_seconds"], abs=1e-6)
        final = max(0.0, submission["score"] - submission["late_penalty"])
        assert float(row["final"]) == pytest.approx(final, abs=1e-6)
        assert row["outcome"] == "finished"
        assert row["needs_manual"] == "no"
    assert sum(float(row["penalty"]) > 0 for row in rows(run)) == 1


def test_columns_are_in_the_promised_order(builder, tmp_path):
    write_grades(builder.run(1), tmp_path / "grades.csv")
    header = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header[:4] == ["student", "hw", "q0 score", "q0 max"]
    tail = "auto_total total max_score late_seconds penalty final outcome needs_manual"
    assert header[-8:] == tail.split()


def test_not_marked_is_blank_and_never_zero(builder, rows):
    run = builder.run(2)
    fault = builder.submission("fault", outcome="not_marked")
    fault.update(score=None)
    run["submissions"].append(fault)
    row = rows(run)[2]
    marks = [key for key in row if key.endswith(" score")]
    assert [row[key] for key in [*marks, "auto_total", "total", "final"]] == [""] * 11
    assert row["outcome"] == "not_marked"
    assert row["q2 max"] == "16.0"


def test_a_missing_submission_has_zero_points_and_blank_questions(builder, rows):
    row = rows(builder.run(1) | {"submissions": [builder.submission("a"), builder.absent("b")]})[1]
    assert (row["total"], row["final"], row["q2 score"]) == ("0.0", "0.0", "")
    assert row["q2 max"] == "16.0"


def test_a_hand_mark_to_come_is_blank_and_flagged(builder, rows):
    run = builder.run(0)
    run["submissions"] = [builder.submission("a", hand_marked=False)]
    row = rows(run)[0]
    assert (row["q1 score"], row["needs_manual"]) == ("", "yes")


def test_a_question_named_like_a_column_stays_apart(builder, rows):
    run = builder.run(1)
    questions = run["submissions"][0]["questions"]
    questions["total"] = questions.pop("q0")
    row = rows(run)[0]
    assert float(row["total score"]) == pytest.approx(questions["total"]["score"], abs=1e-6)
    assert float(row["total"]) == pytest.approx(run["submissions"][0]["score"], abs=1e-6)


def test_an_empty_class_is_a_header(builder, rows):
    assert rows(builder.run(0)) == []


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("-12.5", "-12.5"),
        ("+4912", "+4912"),
        ("-1e3", "-1e3"),
        ("a=b", "a=b"),
        ("\t=1", "\\x09=1"),
    ],
)
def test_text_that_begins_like_a_formula_is_quoted_unless_it_is_a_number(text, cell):
    assert safe_cell(text) == cell


@given(st.text(st.characters(codec=None)))
def test_no_text_becomes_a_formula(text):
    cell = safe_cell(text)
    if cell.lstrip()[:1] in tuple("=+-@"):
        assert re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", cell)
    assert not set("\t\r\n\0") & set(cell)


def test_hostile_names_survive_the_file(builder, rows):
    run = builder.run(3)
    names = ["=1+1", 'a,"b"\nc', "<script>\ud800"]
    for name, submission in zip(names, run["submissions"], strict=True):
        submission["student"] = name
    assert [row["student"] for row in rows(run)] == ["'=1+1", 'a,"b"\\x0ac', "<script>\\ud800"]


@pytest.mark.parametrize("number", [1.0, -3.25, 0, 1e-9, 4.800000000000001])
def test_numbers_stay_numbers(number):
    assert float(safe_cell(number)) == pytest.approx(number, abs=1e-6)


def test_a_failed_write_leaves_the_older_file_alone(builder, tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text("older", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        replace_file(path, "half\ud800")
    with pytest.raises(ValueError, match="run.course must be"):
        write_grades(builder.run(1, course=3), path)
    assert path.read_text(encoding="utf-8") == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").touch()
    replace_file(tmp_path / "new", "text")
    mode = stat.S_IMODE((tmp_path / "new").stat().st_mode)
    assert mode == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
