"""The charts of an assignment's report. Importing this module imports matplotlib."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from autograder.report.agreement import DoubleMark
from autograder.report.measures import Histogram, QuestionMeasure
from autograder.report.palette import INK, OKABE_ITO, VERDICT_LOOKS
from autograder.report.schema import OUTCOMES
from autograder.report.wording import OUTCOME_WORDS, VERDICT_WORDS, cut, points, visible

WIDTH = 7.2  # inches
LABEL_LENGTH = 18


def score_chart(
    histogram: Histogram,
    median: float,
    what: str = "points after late penalty",
    of: str = "submissions",
) -> Figure:
    """Bars of equal width over the scores, the median as a dashed line."""
    figure, axes = _figure(WIDTH, 2.9)
    left = histogram.edges[:-1]
    width = histogram.edges[1] - histogram.edges[0]
    axes.bar(left, histogram.counts, width, align="edge", color=OKABE_ITO["blue"], edgecolor=INK)
    axes.axvline(median, color=INK, linestyle="--", linewidth=1.2)
    axes.annotate(
        f"median {points(median)}",
        (median, 1.0),
        (4 if median < histogram.edges[-1] / 2 else -4, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="left" if median < histogram.edges[-1] / 2 else "right",
        va="bottom",
    )
    axes.set_xticks(histogram.edges, [points(edge) for edge in histogram.edges])
    axes.set_xlabel(what)
    axes.margins(x=0.01)
    _count_axis(axes, "y", of)
    return figure


def seconds_chart(histogram: Histogram) -> Figure:
    """One bar for each range of seconds."""
    figure, axes = _figure(WIDTH, 2.6)
    axes.bar(
        range(len(histogram.counts)), histogram.counts, 0.9, color=OKABE_ITO["sky"], edgecolor=INK
    )
    axes.set_xticks(range(len(histogram.counts)), range_labels(histogram))
    axes.set_xlabel("seconds a submission (not to scale)")
    axes.set_xlim(-0.7, max(len(histogram.counts), 5) - 0.3)
    _count_axis(axes, "y", "submissions")
    return figure


def range_labels(histogram: Histogram) -> list[str]:
    """Each bin in words, such as "0.5–1"."""
    pairs = zip(histogram.edges, histogram.edges[1:], strict=False)
    return [f"{low:g}–{high:g}" for low, high in pairs]


def question_chart(measures: Sequence[QuestionMeasure]) -> Figure:
    """Mean share of points and discrimination of each question, side by side."""
    figure = Figure(figsize=(WIDTH, _height(len(measures))), layout="constrained")
    share, power = figure.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.08})
    rows = range(len(measures))
    share.barh(
        rows, [m.mean_share or 0 for m in measures], 0.7, color=OKABE_ITO["blue"], edgecolor=INK
    )
    share.set_xlim(0, 1)
    share.xaxis.set_major_formatter(PercentFormatter(1))
    share.set_xlabel("mean share of points (long bar: easy)")
    _question_axis(share, measures)
    _draw_discrimination(power, measures)
    for axes in (share, power):
        axes.grid(axis="x")
    return figure


def _draw_discrimination(axes: Axes, measures: Sequence[QuestionMeasure]) -> None:
    known = [(i, m.discrimination) for i, m in enumerate(measures) if m.discrimination is not None]
    where, values = [i for i, _ in known], [value for _, value in known]
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(where, 0, values, color=OKABE_ITO["vermillion"], linewidth=1.5)
    axes.plot(values, where, "D", color=OKABE_ITO["vermillion"], markeredgecolor=INK)
    if not known:
        middle = (len(measures) - 1) / 2
        axes.text(-0.95, middle, "not known: too few\nor equal students", va="center")
    axes.set_xlim(-1.05, 1.05)
    axes.set_xlabel("discrimination (right: good students do better)")
    axes.tick_params(left=False, labelleft=False)


def verdict_chart(measures: Sequence[QuestionMeasure]) -> Figure:
    """Stacked bars: how many submissions got which verdict in each question."""
    figure, axes = _figure(WIDTH, _height(len(measures)) + 0.5)
    start = [0] * len(measures)
    for verdict, (colour, hatch) in VERDICT_LOOKS.items():
        counts = [measure.verdicts[verdict] for measure in measures]
        if any(counts):
            axes.barh(
                range(len(measures)),
                counts,
                0.7,
                start,
                color=colour,
                hatch=hatch,
                edgecolor=INK,
                label=VERDICT_WORDS[verdict],
            )
        start = [a + b for a, b in zip(start, counts, strict=True)]
    _question_axis(axes, measures)
    _count_axis(axes, "x", "submissions")
    axes.set_xlim(0, max(start))
    figure.legend(loc="outside upper left", ncols=5, frameon=False)
    return figure


def outcome_chart(counts: Counter[str]) -> Figure:
    """A bar for each outcome that occurred."""
    present = [outcome for outcome in OUTCOMES if counts[outcome]]
    figure, axes = _figure(WIDTH, _height(len(present)) - 0.2)
    colours = [OKABE_ITO["blue" if outcome == "finished" else "orange"] for outcome in present]
    numbers = [counts[outcome] for outcome in present]
    bars = axes.barh(range(len(present)), numbers, 0.7, color=colours, edgecolor=INK)
    axes.bar_label(bars, padding=3)
    axes.set_yticks(range(len(present)), [OUTCOME_WORDS[outcome] for outcome in present])
    axes.invert_yaxis()
    axes.margins(x=0.08)
    _count_axis(axes, "x", "submissions")
    return figure


def agreement_chart(marks: Sequence[DoubleMark]) -> Figure:
    """Each pair of marks of one answer as a point, the larger the more pairs lie there."""
    figure, axes = _figure(WIDTH, 3.4)
    pairs: Counter[tuple[float, float]] = Counter()
    for mark in marks:
        for first, second in combinations(sorted(mark.points), 2):
            shares = (mark.points[name] / mark.max_score for name in (first, second))
            x, y = (round(share, 6) for share in shares)
            pairs[x, y] += 1
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
    axes.scatter(
        [x for x, _ in pairs],
        [y for _, y in pairs],
        [24.0 * count for count in pairs.values()],
        color=OKABE_ITO["orange"],
        edgecolor=INK,
        linewidth=0.6,
    )
    for axis, which in ((axes.xaxis, "one"), (axes.yaxis, "another")):
        axis.set_major_formatter(PercentFormatter(1))
        axis.set_label_text(f"share given by {which} marker")
        axis.grid()
    most = max(1.0, *(max(pair) for pair in pairs))
    axes.set_xlim(-0.05, most + 0.05)
    axes.set_ylim(-0.05, most + 0.05)
    axes.set_aspect("equal", anchor="W")
    return figure


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _height(rows: int) -> float:
    return 0.9 + 0.26 * rows


def _question_axis(axes: Axes, measures: Sequence[QuestionMeasure]) -> None:
    axes.set_yticks(range(len(measures)), [cut(visible(m.id), LABEL_LENGTH) for m in measures])
    axes.set_ylim(len(measures) - 0.5, -0.5)  # first question on top


def _count_axis(axes: Axes, which: str, label: str) -> None:
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.set_label_text(label)
    axis.grid()
