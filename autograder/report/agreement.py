"""How far markers agree where several marked the same answer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

LEAST_ANSWERS = 3  # fewer say nothing of reliability


@dataclass(frozen=True)
class DoubleMark:
    """One answer with the points that each of its markers gave.

    Attributes:
        item: what was marked, such as "hw1 q3" or "seminar talk".
        max_score: points to get, positive.
        points: marker -> points, two of them or more.
    """

    item: str
    max_score: float
    points: Mapping[str, float]


@dataclass(frozen=True)
class Agreement:
    """How far the markers of one item agree; differences are in points, over pairs of markers.

    Attributes:
        item: what was marked.
        max_score: points to get.
        answers: how many were marked by several.
        identical: share of the pairs that gave the same points.
        mean_difference: mean of the absolute differences.
        largest: the largest of them.
        reliability: see `reliability`; None with fewer than three answers or equal marks.
    """

    item: str
    max_score: float
    answers: int
    identical: float
    mean_difference: float
    largest: float
    reliability: float | None


def agreements(marks: Sequence[DoubleMark]) -> list[Agreement]:
    """The agreement in each item, in the order of first appearance."""
    items = dict.fromkeys(mark.item for mark in marks)
    return [_agreement([mark for mark in marks if mark.item == item]) for item in items]


def _agreement(marks: Sequence[DoubleMark]) -> Agreement:
    differences = [abs(a - b) for mark in marks for a, b in combinations(mark.points.values(), 2)]
    return Agreement(
        item=marks[0].item,
        max_score=marks[0].max_score,
        answers=len(marks),
        identical=sum(difference < 1e-9 for difference in differences) / len(differences),
        mean_difference=math.fsum(differences) / len(differences),
        largest=max(differences),
        reliability=reliability([list(mark.points.values()) for mark in marks]),
    )


def reliability(marks: Sequence[Sequence[float]]) -> float | None:
    """Share of the marks' variance that is the answers' and not the markers': ICC(1).

    Args:
        marks: for each answer the points of its markers, two or more, in any order.

    Returns:
        At most 1, which is full agreement; near or below 0 markers agree no more than by chance.
        None with fewer than three answers, or when all marks are equal.

    Source:
        Shrout & Fleiss, "Intraclass correlations", Psychological Bulletin 86, 1979, case 1, single
        marks; for unequal numbers of markers with the mean number of Snedecor & Cochran.
    """
    if len(marks) < LEAST_ANSWERS:
        return None
    total = sum(len(each) for each in marks)
    overall = math.fsum(value for each in marks for value in each) / total
    means = [math.fsum(each) / len(each) for each in marks]
    between = math.fsum(
        len(each) * (mean - overall) ** 2 for each, mean in zip(marks, means, strict=True)
    ) / (len(marks) - 1)
    within = math.fsum(
        (value - mean) ** 2 for each, mean in zip(marks, means, strict=True) for value in each
    ) / (total - len(marks))
    size = (total - sum(len(each) ** 2 for each in marks) / total) / (len(marks) - 1)
    spread = between + (size - 1) * within
    return None if spread < 1e-18 else (between - within) / spread


def severity(marks: Sequence[DoubleMark]) -> dict[str, tuple[int, float]]:
    """Marker -> answers shared with others, and mean share of points given above the others' mean.

    Negative: stricter than those who marked the same answers.
    """
    found: dict[str, list[float]] = {}
    for mark in marks:
        for marker, value in mark.points.items():
            others = [points for name, points in mark.points.items() if name != marker]
            above = (value - math.fsum(others) / len(others)) / mark.max_score
            found.setdefault(marker, []).append(above)
    return {m: (len(each), math.fsum(each) / len(each)) for m, each in sorted(found.items())}
