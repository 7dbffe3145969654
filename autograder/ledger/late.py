"""The late policy: grace, penalty per day, a budget of free days, a hard deadline.

A day that has begun counts as a day. Free days are spent in the order of the due dates, as many as
a submission needs while they last, so what they are spent on never depends on marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from autograder.errors import CourseError
from autograder.ledger.exact import exact, number, whole

DAY = 86400
KEYS = {"grace_minutes", "penalty_per_day", "penalty_of", "budget_days", "hard_days"}


@dataclass(frozen=True)
class LatePolicy:
    """What lateness costs.

    Attributes:
        grace_minutes: so late is not late.
        penalty_per_day: percent for each day, or part of one.
        penalty_of: percent of the "max" points, or of the "score".
        budget_days: free days of a student in the whole course.
        hard_days: later than so many days after the deadline there are no points, free days or
            not; None for no hard deadline.
    """

    grace_minutes: Fraction = Fraction(0)
    penalty_per_day: Fraction = Fraction(0)
    penalty_of: str = "max"
    budget_days: int = 0
    hard_days: Fraction | None = None


@dataclass(frozen=True)
class Lateness:
    """One submission's lateness in the order of a course.

    Attributes:
        item: the assignment.
        due: when it was due, the student's extension not counted; None sorts last.
        seconds: how late, the extension counted; at most 0 is in time.
    """

    item: str
    due: datetime | None
    seconds: float


def read_late_policy(data: Mapping[str, Any]) -> LatePolicy:
    """The policy that `c.Grading.late` describes.

    Raises:
        CourseError: it describes none.
    """
    unknown = sorted(set(data) - KEYS)
    if unknown:
        raise CourseError(f"Grading.late must have keys among {sorted(KEYS)}, got {unknown[0]!r}")
    of = data.get("penalty_of", "max")
    if of not in ("max", "score"):
        raise CourseError(f"Grading.late['penalty_of'] must be 'max' or 'score', got {of!r}")
    hard = data.get("hard_days")
    return LatePolicy(
        grace_minutes=number(data.get("grace_minutes", 0), "Grading.late['grace_minutes']"),
        penalty_per_day=number(
            data.get("penalty_per_day", 0), "Grading.late['penalty_per_day']", 0, 100
        ),
        penalty_of=of,
        budget_days=whole(data.get("budget_days", 0), "Grading.late['budget_days']"),
        hard_days=None if hard is None else number(hard, "Grading.late['hard_days']"),
    )


def late_days(policy: LatePolicy, seconds: float) -> int:
    """Days that a submission is late by the policy; a day begun is a day."""
    late = exact(seconds)
    if late <= policy.grace_minutes * 60:
        return 0
    return int(-(-late // DAY))


def is_too_late(policy: LatePolicy, seconds: float) -> bool:
    """Whether the hard deadline has passed, grace included."""
    if policy.hard_days is None:
        return False
    return exact(seconds) > policy.hard_days * DAY + policy.grace_minutes * 60


def free_days(policy: LatePolicy, late: Sequence[Lateness]) -> dict[str, int]:
    """Item -> free days spent on it, of one student's budget, in the order of due dates."""
    left, spent = policy.budget_days, dict[str, int]()
    in_order = sorted(late, key=lambda one: (one.due is None, one.due or datetime.max, one.item))
    for one in in_order:
        # A free day can't save what the hard deadline has taken, so none is spent there.
        needed = 0 if is_too_late(policy, one.seconds) else late_days(policy, one.seconds)
        spent[one.item] = min(needed, left)
        left -= spent[one.item]
    return spent


def penalty(
    policy: LatePolicy, points: Fraction, most: Fraction, seconds: float, free: int = 0
) -> Fraction:
    """Points that lateness takes off, from 0 to `points`.

    Args:
        policy: what lateness costs.
        points: given for the work.
        most: that there were to get.
        seconds: how late.
        free: free days spent on it.
    """
    if points <= 0:
        return Fraction(0)
    if is_too_late(policy, seconds):
        return points
    days = max(late_days(policy, seconds) - free, 0)
    share = min(policy.penalty_per_day * days / 100, Fraction(1))
    return min(share * (most if policy.penalty_of == "max" else points), points)
