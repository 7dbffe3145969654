"""The charts of a course's page. Importing this module imports matplotlib."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, PercentFormatter

from autograder.report.course import QuestionOfCourse
from autograder.report.palette import FAINT, GREY, INK, OKABE_ITO
from autograder.report.schema import OUTCOMES
from autograder.report.wording import OUTCOME_WORDS, cut, visible

WIDTH = 7.2  # inches
LABEL_LENGTH = 22
FEW = 5  # fewer values than this are drawn as points, not as a box

# Hatches too, so that black-and-white print keeps them apart.
OUTCOME_LOOKS = {
    "finished": (OKABE_ITO["blue"], ""),
    "crashed": (OKABE_ITO["vermillion"], "xxx"),
    "timed_out": (OKABE_ITO["yellow"], "..."),
    "out_of_memory": (OKABE_ITO["green"], "---"),
    "killed": (OKABE_ITO["purple"], "\\\\\\"),
    "missing": (FAINT, ""),
    "invalid": (OKABE_ITO["orange"], "+++"),
    "not_marked": ("#ffffff", "///"),
}


def share_chart(groups: Mapping[str, Sequence[float]]) -> Figure:
    """A box for each name: median, quartiles, whiskers to the farthest within 1.5 times the box."""
    figure, axes = _rows(groups)
    _boxes(axes, list(groups.values()), OKABE_ITO["sky"])
    axes.set_xlim(-0.02, max(1.02, *(max(each, default=0) + 0.02 for each in groups.values())))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("share of the points")
    return figure


def seconds_chart(groups: Mapping[str, Sequence[float]]) -> Figure:
    """Seconds a submission, a box for each assignment, on a logarithmic axis."""
    figure, axes = _rows(groups)
    seconds = [[max(value, 1e-3) for value in each] for each in groups.values()]
    _boxes(axes, seconds, OKABE_ITO["sky"])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    all_of_them = [value for each in seconds for value in each] or [1.0]
    narrow = max(all_of_them) < 20 * min(all_of_them)  # powers of ten alone would be too few
    axes.xaxis.set_major_locator(
        LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0) if narrow else (1.0,))
    )
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("seconds a submission (logarithmic)")
    return figure


def outcome_chart(counts: Mapping[str, Counter[str]]) -> Figure:
    """Stacked bars: how many submissions of each assignment ended how."""
    figure, axes = _rows(counts, more=0.5)
    start = [0] * len(counts)
    for outcome in OUTCOMES:
        numbers = [each[outcome] for each in counts.values()]
        if any(numbers):
            colour, hatch = OUTCOME_LOOKS[outcome]
            axes.barh(
                range(len(numbers)),
                numbers,
                0.7,
                start,
                color=colour,
                hatch=hatch,
                edgecolor=INK,
                label=OUTCOME_WORDS[outcome],
            )
        start = [a + b for a, b in zip(start, numbers, strict=True)]
    axes.set_xlim(0, max(1, *start))
    axes.set_xlabel("students")
    figure.legend(loc="outside upper left", ncols=5, frameon=False)
    return figure


def question_chart(questions: Sequence[QuestionOfCourse]) -> Figure:
    """Difficulty of each question, and how it goes with its assignment and with the others."""
    height = _height(len(questions)) + 0.4
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    share, power = figure.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.06})
    rows = range(len(questions))
    means = [each.measure.mean_share or 0 for each in questions]
    share.barh(rows, means, 0.7, color=OKABE_ITO["blue"], edgecolor=INK)
    share.set_xlim(0, 1)
    share.xaxis.set_major_formatter(PercentFormatter(1))
    share.set_xlabel("mean share of points (long bar: easy)")
    names = [f"{each.assignment} {each.measure.id}" for each in questions]
    share.set_yticks(rows, [cut(visible(name), LABEL_LENGTH) for name in names])
    share.set_ylim(len(questions) - 0.5, -0.5)
    power.axvline(0, color=INK, linewidth=0.8)
    within = [each.measure.discrimination for each in questions]
    across = [each.with_course for each in questions]
    drawn = [_dots(power, within, "D", OKABE_ITO["vermillion"], "with its assignment")]
    drawn.append(_dots(power, across, "o", OKABE_ITO["sky"], "with the other assignments"))
    power.set_xlim(-1.05, 1.05)
    power.set_xlabel("discrimination (right: good students do better)")
    power.tick_params(left=False, labelleft=False)
    if any(drawn):
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
    for axes in (share, power):
        axes.grid(axis="x")
        _separators(axes, questions)
    return figure


def _dots(axes: Axes, values: Sequence[float | None], marker: str, colour: str, label: str) -> bool:
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    where, numbers = [i for i, _ in known], [value for _, value in known]
    if known:
        axes.plot(numbers, where, marker, color=colour, markeredgecolor=INK, label=label)
    return bool(known)


def _separators(axes: Axes, questions: Sequence[QuestionOfCourse]) -> None:
    """A line between two assignments."""
    for i in range(1, len(questions)):
        if questions[i].assignment != questions[i - 1].assignment:
            axes.axhline(i - 0.5, color=GREY, linewidth=0.8)


def _boxes(axes: Axes, groups: Sequence[Sequence[float]], colour: str) -> None:
    """Drawn by hand: the arguments of `boxplot` differ between versions of matplotlib."""
    for row, values in enumerate(groups):
        if len(values) >= FEW:
            _box(axes, row, values, colour)
        else:
            axes.plot(values, [row] * len(values), "o", color=colour, markeredgecolor=INK)


def _box(axes: Axes, row: int, values: Sequence[float], colour: str) -> None:
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    reach = 1.5 * (high - low)
    inside = [value for value in values if low - reach <= value <= high + reach]
    outside = [value for value in values if not low - reach <= value <= high + reach]
    axes.hlines(row, min(inside), max(inside), color=INK, linewidth=0.9, zorder=2)
    axes.vlines([min(inside), max(inside)], row - 0.15, row + 0.15, color=INK, linewidth=0.9)
    axes.barh(row, high - low, 0.6, low, color=colour, edgecolor=INK, linewidth=0.9, zorder=3)
    axes.vlines(middle, row - 0.3, row + 0.3, color=INK, linewidth=2.2, zorder=4)
    dots: dict[str, Any] = {"markersize": 3.5, "markeredgecolor": INK, "markeredgewidth": 0.6}
    axes.plot(outside, [row] * len(outside), "o", color=colour, **dots)


def _rows(groups: Mapping[str, Any], more: float = 0.0) -> tuple[Figure, Axes]:
    """Axes with a row for each name, the first on top."""
    figure = Figure(figsize=(WIDTH, _height(len(groups)) + more), layout="constrained")
    axes = figure.subplots()
    axes.set_yticks(range(len(groups)), [cut(visible(name), LABEL_LENGTH) for name in groups])
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.grid(axis="x")
    return figure, axes


def _height(rows: int) -> float:
    return 0.8 + 0.28 * rows
