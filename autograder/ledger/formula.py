"""From marks to a grade, in exact arithmetic.

Everything is built from sums, maxima and cuts that never fall when a mark rises, so a better mark
never lowers a grade: "drop the lowest" takes the choice of items that is best for the student.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from autograder.errors import CourseError
from autograder.ledger.exact import rounded
from autograder.ledger.scheme import Component, Scheme

MOST_CHOICES = 200_000


@dataclass(frozen=True)
class Mark:
    """What a student has in one item.

    Attributes:
        points: after any late penalty; None while the mark is waited for.
        most: points to get, positive.
        excused: it counts neither for nor against.
        penalty: points that lateness took off; for the reader.
        late_seconds: how late, extensions counted; for the reader.
        note: for the reader.
    """

    points: Fraction | None
    most: Fraction
    excused: bool = False
    penalty: Fraction = Fraction(0)
    late_seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class ComponentGrade:
    """A component's percent, and which of its items counted; None if all of it is excused."""

    percent: Fraction | None
    counted: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    enough: bool = True


@dataclass(frozen=True)
class Grade:
    """A student's grade.

    Attributes:
        total: percent, rounded; what is waited for counts as nothing.
        components: name -> its grade.
        waiting: items whose marks are waited for; with any, `letter` and `passed` are None.
        letter: by the scale, the last letter for who did not pass; None without a scale.
        passed: whether total and all minima are reached.
    """

    total: Fraction
    components: dict[str, ComponentGrade] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    letter: str | None = None
    passed: bool | None = None


def grade(scheme: Scheme, marks: Mapping[str, Mapping[str, Mark]]) -> Grade:
    """A student's grade.

    Args:
        scheme: how the course is graded.
        marks: component -> item -> mark; an item that was due and not handed in has 0 points.

    Raises:
        CourseError: an item has no points to get, or too many choices of what to drop.
    """
    parts = {c.name: component_grade(c, marks.get(c.name, {})) for c in scheme.components}
    total = rounded(min(_total(scheme, parts), scheme.cap), scheme.decimals)
    waiting = tuple(item for part in parts.values() for item in part.waiting)
    if waiting:
        return Grade(total, parts, waiting)
    passed = total >= scheme.pass_mark and all(part.enough for part in parts.values())
    return Grade(total, parts, (), letter_of(scheme, total, passed), passed)


def _total(scheme: Scheme, parts: Mapping[str, ComponentGrade]) -> Fraction:
    total = weights = extra = Fraction(0)
    for component in scheme.components:
        percent = parts[component.name].percent
        if percent is None:
            continue
        if component.extra_credit:
            extra += component.weight * percent / 100
        else:
            total += component.weight * percent
            weights += component.weight
    return (total / weights if weights else Fraction(0)) + extra


def letter_of(scheme: Scheme, total: Fraction, passed: bool) -> str | None:
    """The best letter that a total reaches; the last one for who did not pass."""
    if not scheme.letters:
        return None
    if not passed:
        return list(scheme.letters)[-1]
    return next(letter for letter, least in scheme.letters.items() if total >= least)


def component_grade(component: Component, marks: Mapping[str, Mark]) -> ComponentGrade:
    """A component's percent from the marks of its items.

    Raises:
        CourseError: an item has no points to get, or too many choices of what to drop.
    """
    for item, mark in marks.items():
        if mark.most <= 0:
            raise CourseError(f"points of {item} must be positive, got {mark.most}")
    counting = {item: mark for item, mark in marks.items() if not mark.excused}
    waiting = tuple(item for item, mark in counting.items() if mark.points is None)
    if marks and not counting:
        return ComponentGrade(None)
    asked = {i: mark for i, mark in counting.items() if component.weight_of(i) is not None}
    percent, chosen = _best_choice(component, asked)
    extra = sum((_share(m) for i, m in counting.items() if i not in asked), Fraction(0))
    if asked:
        percent += 100 * extra / len(asked)
    percent = min(percent, component.cap)
    if not marks:
        waiting = (component.name,)
    return ComponentGrade(percent, chosen, waiting, percent >= component.minimum)


def _share(mark: Mark) -> Fraction:
    return max(mark.points or Fraction(0), Fraction(0)) / mark.most


def _best_choice(
    component: Component, marks: Mapping[str, Mark]
) -> tuple[Fraction, tuple[str, ...]]:
    """The best weighted mean over the allowed choices of items, in percent, and that choice."""
    items = list(marks)
    count = min(component.best_of or len(items), len(items))
    count = max(count - component.drop_lowest, min(1, len(items)))
    shares = {item: _share(mark) for item, mark in marks.items()}
    weights = {item: component.weight_of(item) or Fraction(0) for item in items}
    if len(set(weights.values())) <= 1:
        best = sorted(items, key=lambda item: -shares[item])[:count]  # stable: earlier ones win
        choices: Sequence[tuple[str, ...]] = [tuple(i for i in items if i in set(best))]
    elif math.comb(len(items), count) > MOST_CHOICES:
        raise CourseError(
            f"items of {component.name} must have equal weights to choose {count} of {len(items)}"
        )
    else:
        choices = list(combinations(items, count))
    return max(
        ((_mean(choice, shares, weights), choice) for choice in choices), key=lambda pair: pair[0]
    )


def _mean(
    choice: Sequence[str], shares: Mapping[str, Fraction], weights: Mapping[str, Fraction]
) -> Fraction:
    total = sum((weights[item] for item in choice), Fraction(0))
    if not total:
        return Fraction(0)
    return 100 * sum((weights[item] * shares[item] for item in choice), Fraction(0)) / total
