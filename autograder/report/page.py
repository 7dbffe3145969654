"""The body of the report: what each section says, with its chart and the numbers behind it.

Importing this module imports matplotlib.
"""

import statistics
from collections.abc import Sequence
from functools import partial

from autograder.report import charts
from autograder.report.agreement import DoubleMark
from autograder.report.blocks import figure, navigation, numbers, section, tiles
from autograder.report.markers import TITLE as MARKERS
from autograder.report.markers import markers_section
from autograder.report.markup import Markup, table, tag
from autograder.report.measures import (
    Histogram,
    QuestionMeasure,
    failing_hints,
    final_score,
    outcome_counts,
    question_measures,
    score_histogram,
    seconds_histogram,
    taken,
)
from autograder.report.roster import late_section, roster_section
from autograder.report.schema import OUTCOMES, VERDICTS, Run
from autograder.report.wording import (
    OUTCOME_WORDS,
    VERDICT_WORDS,
    duration,
    percent,
    points,
    visible,
)

SECTIONS = {
    "scores": "Scores",
    "questions": "Questions",
    "verdicts": "Verdicts",
    "outcomes": "Outcomes",
    "hints": "Failing hints",
    "seconds": "Time to grade",
    "markers": MARKERS,
    "late": "Late and missing",
    "students": "Students",
}


def body(run: Run, double_marks: Sequence[DoubleMark] = ()) -> Markup:
    """Everything between `<body>` and its end."""
    measures = question_measures(run)
    return tag(
        "body",
        tag("header", *_overview(run), navigation(SECTIONS)),
        tag(
            "main",
            _scores(run),
            _questions(measures),
            _verdicts(measures),
            _outcomes(run),
            _hints(run),
            _seconds(run),
            markers_section(double_marks),
            late_section(run),
            roster_section(run),
        ),
        _footer(run),
    )


def _overview(run: Run) -> list[Markup]:
    finals = _finals(run)
    waiting = sum(each["needs_manual"] for each in run["submissions"])
    missing = outcome_counts(run)["missing"]
    middle = statistics.median(finals) if finals else None
    values = {
        "submissions": str(len(run["submissions"]) - missing),
        "missing": str(missing),
        "mean": points(statistics.fmean(finals)) if finals else "–",
        "median": points(middle) or "–",
        "points to get": points(run["max_score"]),
        "wait for hand marks": str(waiting),
    }
    return [
        tag("h1", visible(f"{run['assignment']} · {run['course']}")),
        tag("p", f"Graded {run['created'].replace('T', ' ')}", class_="quiet"),
        *_alarms(run, waiting),
        tiles(values),
    ]


def _alarms(run: Run, waiting: int) -> list[Markup]:
    unmarked = outcome_counts(run)["not_marked"]
    alarms = []
    if unmarked:
        text = f"{_count(unmarked)} not marked through a fault of the grader, not of the student: "
        alarms.append(
            tag("p", tag("strong", text), "grade again before marks go out.", class_="alarm")
        )
    if waiting:
        text = f"Provisional, with hand marks to come for {_count(waiting)}; totals are so far."
        alarms.append(tag("p", text, class_="alarm"))
    return alarms


def _scores(run: Run) -> Markup:
    finals, most = _finals(run), run["max_score"]
    if not finals or most <= 0:
        return _section("scores", tag("p", "There are no points to show."))
    histogram = score_histogram(finals, most)
    middle = statistics.median(finals)
    label = f"Histogram of {len(finals)} scores from 0 to {points(most)}, median {points(middle)}."
    left_out = len(run["submissions"]) - len(finals)
    note = f"{_count(len(finals))} marked; {left_out} missing, unreadable or not marked left out."
    ranges = [
        f"{points(low)} to {'under ' if i < len(histogram.counts) - 1 else ''}{points(high)}"
        for i, (low, high) in enumerate(zip(histogram.edges, histogram.edges[1:], strict=False))
    ]
    return _section(
        "scores",
        tag("p", note, class_="quiet"),
        figure(partial(charts.score_chart, histogram, middle), "scores", label),
        numbers(_count_table("Submissions per range of points", "points", ranges, histogram)),
    )


def _questions(measures: Sequence[QuestionMeasure]) -> Markup:
    if not measures:
        return _section("questions", tag("p", "No question was marked."))
    known = [measure for measure in measures if measure.mean_share is not None]
    headers = ["question", "points", "marked", "mean share", "full marks", "no points"]
    rows = [
        (
            visible(m.id),
            points(m.max_score),
            str(m.marked),
            percent(m.mean_share),
            percent(m.full_share),
            percent(m.zero_share),
            "–" if m.discrimination is None else f"{m.discrimination:+.2f}",
        )
        for m in measures
    ]
    explained = (
        "Discrimination is the correlation between the share of points in a question and in all "
        "the other ones (point-biserial for a question that is all or nothing). Near 0 or below: "
        "the question does not tell strong from weak students, so look at it again. It needs "
        "three students with different results, and some thirty to mean much."
    )
    chart = (
        [
            figure(
                partial(charts.question_chart, known),
                "difficulty",
                "Mean share of points and discrimination of each question; the table below "
                "has the numbers.",
            )
        ]
        if known
        else []
    )
    listed = table("Difficulty and discrimination", [*headers, "discrimination"], rows)
    return _section("questions", tag("p", explained, class_="quiet"), *chart, listed)


def _verdicts(measures: Sequence[QuestionMeasure]) -> Markup:
    present = [verdict for verdict in VERDICTS if any(m.verdicts[verdict] for m in measures)]
    if not present:
        return _section("verdicts", tag("p", "No question was marked."))
    rows = [(visible(m.id), *(str(m.verdicts[verdict]) for verdict in present)) for m in measures]
    label = "How many submissions got which verdict in each question; the table has the numbers."
    return _section(
        "verdicts",
        figure(partial(charts.verdict_chart, measures), "verdicts", label),
        table("Submissions per verdict", ["question", *(VERDICT_WORDS[v] for v in present)], rows),
    )


def _outcomes(run: Run) -> Markup:
    counts = outcome_counts(run)
    if not counts:
        return _section("outcomes", tag("p", "There are no submissions."))
    rows = [(OUTCOME_WORDS[each], str(counts[each])) for each in OUTCOMES if counts[each]]
    label = "Submissions: " + ", ".join(f"{n} {word}" for word, n in rows) + "."
    return _section(
        "outcomes",
        figure(partial(charts.outcome_chart, counts), "outcomes", label),
        numbers(table("Submissions per outcome", ["outcome", "submissions"], rows)),
    )


def _hints(run: Run) -> Markup:
    hints = failing_hints(run)
    if not hints:
        return _section("hints", tag("p", "No test failed."))
    total = len(taken(run))
    rows = [
        (
            visible(hint.question),
            tag("td", visible(hint.text) or "(hidden test without a hint)", class_="hint"),
            str(hint.students),
            percent(hint.students / total),
        )
        for hint in hints
    ]
    headers = ["question", "hint", "students", "of those marked"]
    return _section("hints", table("What most students were told", headers, rows, left=2))


def _seconds(run: Run) -> Markup:
    seconds = [each["seconds"] for each in taken(run)]
    if not seconds:
        return _section("seconds", tag("p", "No submission was run."))
    cpu = sum(each["cpu_seconds"] for each in run["submissions"])
    whole = run["wall_seconds"]  # 0: the page was made afterwards
    note = (
        f"{f'{duration(whole)} for the whole run, ' if whole else ''}"
        f"{duration(cpu)} of processor time; "
        f"one submission took {duration(statistics.median(seconds))} in the median, "
        f"{duration(max(seconds))} at most."
    )
    histogram = seconds_histogram(seconds)
    counts = _count_table(
        "Submissions per range of seconds", "seconds", charts.range_labels(histogram), histogram
    )
    return _section(
        "seconds",
        tag("p", note, class_="quiet"),
        figure(partial(charts.seconds_chart, histogram), "time", f"Histogram of seconds: {note}"),
        numbers(counts),
    )


def _footer(run: Run) -> Markup:
    versions = ", ".join(f"{name} {value}" for name, value in run["versions"].items() if value)
    seed = f"term {run['seed']['term']}, seed fingerprint {run['seed']['fingerprint']}"
    level = f"; sandbox level {run['level']}" if run["level"] else ""
    return tag("footer", visible(f"{versions}; {seed}{level}."))


def _count(submissions: int) -> str:
    return "1 submission" if submissions == 1 else f"{submissions} submissions"


def _finals(run: Run) -> list[float]:
    return [score for each in taken(run) if (score := final_score(each)) is not None]


def _section(key: str, *children: Markup) -> Markup:
    return section(key, SECTIONS[key], *children)


def _count_table(caption: str, what: str, ranges: list[str], histogram: Histogram) -> Markup:
    rows = zip(ranges, map(str, histogram.counts), strict=True)
    return table(caption, [what, "submissions"], rows)
