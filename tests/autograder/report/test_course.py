"""The page of a whole course."""

import random
import re
import shutil

import pytest

from autograder.report.agreement import DoubleMark
from autograder.report.course import CourseResults, Scores, absences, course_questions
from autograder.report.course_charts import seconds_chart
from autograder.report.html import write_course_report, write_report
from autograder.report.palette import VARIABLES
from tests.autograder.report.conftest import RunBuilder
from tests.autograder.report.test_html import HOSTILE, Page, check_page, console_messages


def double_marks(count, item="hw1 q1", most=14.0):
    draw = random.Random(repr(item))
    marks = []
    for _ in range(count):
        first = round(draw.betavariate(3, 2) * most)
        second = min(most, max(0, first + draw.choice([-2, -1, 0, 0, 0, 1])))
        marks.append(DoubleMark(item, most, {"ann": first, "bea": second}))
    return marks


def course(students=40, assignments=3, **changes):
    """Several assignments of one class, with a scheme and double marks."""
    runs = []
    for number in range(1, assignments + 1):
        builder = RunBuilder(number)
        run = builder.run(students, assignment=f"hw{number}")
        for i in range(number, students, 9):
            run["submissions"][i] = builder.absent(f"student{i:03d}")
        runs.append(run)
    draw = random.Random(1)
    shares = tuple(draw.betavariate(5, 2) for _ in range(students))
    results = {
        "title": "Theory of deep learning",
        "created": "2026-11-21T10:30:00+00:00",
        "students": students,
        "runs": tuple(runs),
        "totals": tuple(100 * share for share in shares),
        "letters": {"A": 9, "B": 14, "C": 11, "F": 6},
        "passed": {"passed": 34, "failed": 6, "open": 0},
        "parts": (
            Scores("homeworks", "", "30 %", shares),
            Scores("seminar", "", "70 %", shares[:3], waiting=2),
        ),
        "items": (
            *(Scores(f"hw{n}", "homeworks", "", shares[n:], missing=n) for n in (1, 2, 3)),
            Scores("seminar", "seminar", "", (), waiting=students),
        ),
        "double_marks": (*double_marks(12), *double_marks(8, "hw2 q7", 9.0)),
    }
    return CourseResults(**(results | changes))


def written(results, folder):
    write_course_report(results, folder / "course.html")
    return (folder / "course.html").read_text("utf-8")


EMPTY = {"totals": (), "letters": None, "passed": None, "parts": (), "items": ()}


@pytest.mark.parametrize(
    "results",
    [
        course(),
        course(students=1, assignments=1),
        course(assignments=0, double_marks=(), **EMPTY),
        course(students=3, **EMPTY),
    ],
    ids=["whole", "one student", "nothing", "no scheme"],
)
def test_a_page_of_any_course_is_sound(results, tmp_path):
    check_page(written(results, tmp_path))


def test_the_page_has_every_section_and_its_charts(tmp_path):
    text = written(course(), tmp_path)
    for title in (
        "Grades so far", "Components", "Assignments and rubrics", "Questions", "Verdicts",
        "Outcomes", "Failing hints", "Time to grade", "Marker agreement", "Late and missing",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in text
    charts = re.findall("<svg.*?</svg>", text, re.DOTALL)
    assert len(charts) == 7
    for svg in charts:
        assert re.search('role="img" aria-label="[^"]{20,}"', svg)
        assert set(re.findall(r"var\(--\w+\)", svg)) <= set(VARIABLES.values())
        assert not re.search("#[0-9a-fA-F]{6}", svg)


def test_nothing_is_fetched(tmp_path):
    text = written(course(), tmp_path)
    policy = next(a["content"] for a in Page(text).all("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"https?:|@import|url\((?!#)", text)


def test_hostile_names_are_shown_as_text(tmp_path):
    for name in HOSTILE:
        results = course(3, 1, title=name, double_marks=tuple(double_marks(3, name)))
        for row in results.runs[0]["submissions"]:
            row["questions"] = {name: row["questions"]["q0"]} if row["questions"] else {}
        check_page(written(results, tmp_path))


def test_a_question_that_goes_with_the_other_assignments_says_so():
    """Shares of hw2's only question rise with hw1's total, and fall with it when turned round."""
    builder = RunBuilder()
    runs = []
    for name in ("hw1", "hw2"):
        run = builder.run(0, assignment=name)
        run["submissions"] = [builder.submission(f"s{i}", i / 9) for i in range(10)]
        for i, row in enumerate(run["submissions"]):
            score = i if name == "hw1" else 9 - i
            part = {"score": score, "max_score": 9.0, "verdict": "partial", "kind": "judge"}
            question = {key: part[key] for key in ("score", "max_score", "verdict")}
            row["questions"] = {"q1": {**question, "parts": {"q1": {**part, "tests": []}}}}
            row.update(score=score, max_score=9.0)
        runs.append(run)
    assert [each.with_course for each in course_questions(runs)] == [pytest.approx(-1)] * 2


def test_who_missed_most_comes_first():
    results = course(20, 3)
    found = absences(results.runs)
    counts = [len(missing) for _, missing, _ in found]
    assert counts == sorted(counts, reverse=True) and counts[0] >= 1
    assert all(missing or late for _, missing, late in found)


@pytest.mark.parametrize("seconds", [[1.7, 2.9, 3.4], [0.0], [0.01, 900.0], []])
def test_the_axis_of_seconds_has_numbers(seconds):
    """Whatever the range: a logarithmic axis that shows no number says nothing."""
    figure = seconds_chart({"hw1": seconds})
    figure.canvas.draw()
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    marks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    assert [label for at, label in marks if low <= at <= high and label.get_text()]


def test_what_a_page_made_later_does_not_know_is_left_out(tmp_path):
    """Neither "0 s for the whole run" nor a level of confinement without a name."""
    builder = RunBuilder(1)
    run = builder.run(4) | {"wall_seconds": 0.0, "level": ""}
    write_report(run, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "for the whole run" not in page and "sandbox level" not in page


def test_an_assignment_page_shows_the_marker_agreement(builder, tmp_path):
    write_report(builder.run(5), tmp_path / "report.html", double_marks(6, "q1"))
    text = (tmp_path / "report.html").read_text("utf-8")
    section = re.search('<section id="markers">.*?</section>', text, re.DOTALL)[0]
    assert "<svg" in section and "ann" in section and "bea" in section
    check_page(text)


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_chromium_opens_the_page_without_a_complaint(tmp_path):
    written(course(), tmp_path)
    assert console_messages(tmp_path / "course.html") == []
