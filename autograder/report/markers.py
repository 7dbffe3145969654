"""The section about markers, on the page of an assignment and on that of the course."""

from collections.abc import Sequence
from functools import partial

from autograder.report.agreement import DoubleMark, agreements, severity
from autograder.report.blocks import figure, section
from autograder.report.markup import Markup, table, tag
from autograder.report.wording import percent, points, visible

TITLE = "Marker agreement"
_EXPLAINED = (
    "Answers that several people marked on their own. Differences are between two markers of the "
    "same answer; reliability is the intraclass correlation ICC(1): the share of the marks' "
    "variance that comes from the answers, 1 for full agreement. It takes some thirty answers to "
    "mean much. A marker above 0 gives more points than those who marked the same answers."
)


def markers_section(marks: Sequence[DoubleMark]) -> Markup:
    """How far markers agree; says so if nothing was marked twice."""
    from autograder.report import charts

    if not marks:
        return section("markers", TITLE, tag("p", "No answer was marked by two people."))
    label = "Points of one marker against those of another for the same answer, as shares."
    rows = [
        (
            visible(one.item),
            points(one.max_score),
            str(one.answers),
            percent(one.identical),
            points(one.mean_difference),
            points(one.largest),
            "–" if one.reliability is None else f"{one.reliability:.2f}",
        )
        for one in agreements(marks)
    ]
    headers = ["marked", "points", "answers", "identical", "mean difference", "largest"]
    people = [
        (visible(marker), str(count), f"{100 * above:+.1f} %")
        for marker, (count, above) in severity(marks).items()
    ]
    return section(
        "markers",
        TITLE,
        tag("p", _EXPLAINED, class_="quiet"),
        figure(partial(charts.agreement_chart, marks), "agreement", label),
        table("Answers marked by several", [*headers, "reliability"], rows),
        table("Markers", ["marker", "answers shared", "points above the others"], people),
    )
