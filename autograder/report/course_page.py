"""The body of a course's page: what each section says, with its chart and the numbers behind it.

Importing this module imports matplotlib.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from functools import partial

from autograder.report import charts, course_charts
from autograder.report.blocks import figure, navigation, numbers, section, tiles
from autograder.report.course import (
    CourseResults,
    Scores,
    absences,
    course_questions,
    hints_of_course,
)
from autograder.report.markers import TITLE as MARKERS
from autograder.report.markers import markers_section
from autograder.report.markup import Markup, table, tag
from autograder.report.measures import outcome_counts, score_histogram, taken
from autograder.report.schema import OUTCOMES, Run
from autograder.report.wording import (
    OUTCOME_WORDS,
    VERDICT_WORDS,
    duration,
    percent,
    points,
    visible,
)

SECTIONS = {
    "grades": "Grades so far",
    "components": "Components",
    "assignments": "Assignments and rubrics",
    "questions": "Questions",
    "verdicts": "Verdicts",
    "outcomes": "Outcomes",
    "hints": "Failing hints",
    "seconds": "Time to grade",
    "markers": MARKERS,
    "late": "Late and missing",
}
NO_SCHEME = "There is no grading scheme: set c.Grading.preset or c.Grading.components."


def body(results: CourseResults) -> Markup:
    """The `<body>` element."""
    return tag(
        "body",
        tag("header", *_overview(results), navigation(SECTIONS)),
        tag(
            "main",
            _grades(results),
            _components(results),
            _assignments(results),
            _questions(results.runs),
            _verdicts(results.runs),
            _outcomes(results.runs),
            _hints(results.runs),
            _seconds(results.runs),
            markers_section(results.double_marks),
            _late(results.runs),
        ),
        tag("footer", "For staff only: it names students and quotes hints of hidden tests."),
    )


def _overview(results: CourseResults) -> list[Markup]:
    unmarked = sum(outcome_counts(run)["not_marked"] for run in results.runs)
    waiting = sum(row["needs_manual"] for run in results.runs for row in run["submissions"])
    passed = results.passed or {}
    values = {
        "students": str(results.students),
        "assignments with submissions": str(len(results.runs)),
        "median total": f"{points(statistics.median(results.totals))} %" if results.totals else "–",
        "passed": str(passed["passed"]) if results.passed else "–",
        "grades still open": str(passed["open"]) if results.passed else "–",
        "wait for hand marks": str(waiting),
    }
    alarms = []
    if unmarked:
        text = f"Not marked, through a fault of the grader and not of a student: {unmarked}. "
        alarms.append(
            tag("p", tag("strong", text), "Grade again before marks go out.", class_="alarm")
        )
    if waiting:
        text = f"Provisional: {waiting} submissions wait for hand marks; totals are so far."
        alarms.append(tag("p", text, class_="alarm"))
    return [
        tag("h1", visible(results.title)),
        tag("p", f"As of {results.created.replace('T', ' ')}", class_="quiet"),
        *alarms,
        tiles(values),
    ]


def _grades(results: CourseResults) -> Markup:
    if not results.totals:
        return _section("grades", tag("p", NO_SCHEME))
    histogram = score_histogram(results.totals, 100.0)
    middle = statistics.median(results.totals)
    label = f"Histogram of {len(results.totals)} totals in percent, median {points(middle)}."
    note = "Marks that are waited for count as nothing so far, so open totals can only rise."
    rows = [
        (f"{points(low)} to {points(high)} %", str(count))
        for low, high, count in zip(
            histogram.edges, histogram.edges[1:], histogram.counts, strict=False
        )
    ]
    parts = [
        tag("p", note, class_="quiet"),
        figure(partial(charts.score_chart, histogram, middle, "percent", "students"),
               "grades", label),
        numbers(table("Students per range of the total", ["total", "students"], rows)),
    ]  # fmt: skip
    for title, counts in (("letter", results.letters), ("grade", results.passed)):
        if counts:
            told = [(visible(key), str(count)) for key, count in counts.items()]
            parts.append(table(f"Students per {title}", [title, "students"], told))
    return _section("grades", *parts)


def _components(results: CourseResults) -> Markup:
    if not results.parts:
        return _section("components", tag("p", NO_SCHEME))
    return _section("components", *_shares("components", results.parts, "component"))


def _assignments(results: CourseResults) -> Markup:
    items = results.items or tuple(_of_run(run) for run in results.runs)
    if not items:
        return _section("assignments", tag("p", "Nothing has been handed in."))
    note = "Shares of the points after late penalties, of those who handed in and are marked."
    return _section(
        "assignments", tag("p", note, class_="quiet"), *_shares("assignments", items, "item")
    )


def _of_run(run: Run) -> Scores:
    counts = outcome_counts(run)
    marked = [row for row in taken(run) if not row["needs_manual"] and run["max_score"] > 0]
    shares = tuple(
        max(0.0, (row["score"] or 0.0) - row["late_penalty"]) / run["max_score"] for row in marked
    )
    waiting = len(run["submissions"]) - len(marked) - counts["missing"]
    return Scores(run["assignment"], "", "", shares, counts["missing"], waiting)


def _shares(key: str, scores: Sequence[Scores], what: str) -> list[Markup]:
    drawn = {one.name: one.shares for one in scores if one.shares}
    headers = ["marked", "mean", "min", "25th", "median", "75th", "max"]
    rows = [
        (
            visible(one.name),
            visible(one.part or one.weight),
            str(len(one.shares)),
            *_five(one.shares),
            str(one.missing),
            str(one.waiting),
            str(one.excused),
        )
        for one in scores
    ]
    second = "component" if any(one.part for one in scores) else "weight"
    label = f"Shares of the points in each {what}: median, quartiles and range; numbers below."
    chart = [figure(partial(course_charts.share_chart, drawn), key, label)] if drawn else []
    heads = [what, second, *headers, "missing", "waiting", "excused"]
    return [*chart, table(f"Shares of the points, by {what}", heads, rows, left=2)]


def _five(shares: Sequence[float]) -> list[str]:
    if not shares:
        return ["–"] * 6
    if len(shares) == 1:
        return [percent(shares[0])] * 6
    quarters = statistics.quantiles(shares, n=4, method="inclusive")
    return [
        percent(each) for each in (statistics.fmean(shares), min(shares), *quarters, max(shares))
    ]


def _questions(runs: Sequence[Run]) -> Markup:
    found = course_questions(runs)
    known = [each for each in found if each.measure.mean_share is not None]
    if not known:
        return _section("questions", tag("p", "No question was marked."))
    explained = (
        "Discrimination is the correlation of a question's share of points with the share in the "
        "rest of its assignment (point-biserial for a question that is all or nothing), and with "
        "the mean share in the other assignments. Near 0 or below in both: look at the question "
        "again. It needs three students with different results, and some thirty to mean much."
    )
    rows = [
        (
            visible(f"{each.assignment} {each.measure.id}"),
            points(each.measure.max_score),
            str(each.measure.marked),
            percent(each.measure.mean_share),
            percent(each.measure.full_share),
            percent(each.measure.zero_share),
            _signed(each.measure.discrimination),
            _signed(each.with_course),
        )
        for each in found
    ]
    headers = ["question", "points", "marked", "mean share", "full marks", "no points"]
    label = "Mean share of points and discrimination of each question; the table has the numbers."
    return _section(
        "questions",
        tag("p", explained, class_="quiet"),
        figure(partial(course_charts.question_chart, known), "difficulty", label),
        table("Difficulty and discrimination",
              [*headers, "in the assignment", "in the course"], rows),
    )  # fmt: skip


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _verdicts(runs: Sequence[Run]) -> Markup:
    counts: dict[str, Counter[str]] = {run["assignment"]: Counter() for run in runs}
    for each in course_questions(runs):
        counts[each.assignment] += each.measure.verdicts
    present = [v for v in VERDICT_WORDS if any(count[v] for count in counts.values())]
    if not present:
        return _section("verdicts", tag("p", "No question was marked."))
    rows = [(visible(name), *(str(count[v]) for v in present)) for name, count in counts.items()]
    headers = ["assignment", *(VERDICT_WORDS[v] for v in present)]
    return _section("verdicts", table("Answers per verdict", headers, rows))


def _outcomes(runs: Sequence[Run]) -> Markup:
    counts = {run["assignment"]: outcome_counts(run) for run in runs}
    present = [each for each in OUTCOMES if any(count[each] for count in counts.values())]
    if not present:
        return _section("outcomes", tag("p", "There are no submissions."))
    rows = [(visible(name), *(str(c[o]) for o in present)) for name, c in counts.items()]
    headers = ["assignment", *(OUTCOME_WORDS[each] for each in present)]
    label = "How many submissions of each assignment ended how; the table has the numbers."
    return _section(
        "outcomes",
        figure(partial(course_charts.outcome_chart, counts), "outcomes", label),
        table("Students per outcome", headers, rows),
    )


def _hints(runs: Sequence[Run]) -> Markup:
    found = hints_of_course(runs)
    if not found:
        return _section("hints", tag("p", "No test failed."))
    rows = [
        (
            visible(f"{assignment} {question}"),
            tag("td", visible(text) or "(hidden test without a hint)", class_="hint"),
            str(students),
            percent(share),
        )
        for assignment, question, text, students, share in found
    ]
    headers = ["question", "hint", "students", "of those marked"]
    return _section("hints", table("What most students were told", headers, rows, left=2))


def _seconds(runs: Sequence[Run]) -> Markup:
    seconds = {run["assignment"]: [row["seconds"] for row in taken(run)] for run in runs}
    seconds = {name: each for name, each in seconds.items() if each}
    if not seconds:
        return _section("seconds", tag("p", "No submission was run."))
    cpu = {run["assignment"]: [row["cpu_seconds"] for row in run["submissions"]] for run in runs}
    rows = [
        (
            visible(name),
            str(len(each)),
            duration(statistics.median(each)),
            duration(max(each)),
            duration(sum(each)),
            duration(sum(cpu[name])),
        )
        for name, each in seconds.items()
    ]
    headers = ["assignment", "run", "median", "longest", "one after another", "processor time"]
    label = "Seconds that grading a submission took, for each assignment; numbers below."
    return _section(
        "seconds",
        figure(partial(course_charts.seconds_chart, seconds), "time", label),
        table("Time to grade a submission", headers, rows),
    )


def _late(runs: Sequence[Run]) -> Markup:
    if not runs:
        return _section("late", tag("p", "There are no submissions."))
    rows = []
    for run in runs:
        late = [row["late_seconds"] for row in run["submissions"] if row["late_seconds"] > 0]
        counts = (len(run["submissions"]), outcome_counts(run)["missing"], len(late))
        half, most = (statistics.median(late), max(late)) if late else (None, None)
        spans = ["–" if span is None else duration(span) for span in (half, most)]
        rows.append((visible(run["assignment"]), *map(str, counts), *spans))
    headers = ["assignment", "students", "missing", "late", "median of the late", "latest"]
    found = absences(runs)
    people = [
        (visible(student), visible(", ".join(missing)), visible(", ".join(late)))
        for student, missing, late in found
    ]
    named = (
        [table("Who missed most", ["student", "missing", "late"], people, left=3)]
        if people
        else [tag("p", "Nobody was late or missing.")]
    )
    return _section("late", table("Late and missing", headers, rows), *named)


def _section(key: str, *children: Markup) -> Markup:
    return section(key, SECTIONS[key], *children)
