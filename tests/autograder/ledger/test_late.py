"""The late policy: its laws, and its corners to the second."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.ledger.exact import exact
from autograder.ledger.late import (
    DAY,
    Lateness,
    LatePolicy,
    free_days,
    is_too_late,
    late_days,
    penalty,
    read_late_policy,
)

policies = st.builds(
    LatePolicy,
    grace_minutes=st.integers(0, 120).map(Fraction),
    penalty_per_day=st.integers(0, 100).map(Fraction),
    penalty_of=st.sampled_from(["max", "score"]),
    budget_days=st.integers(0, 5),
    hard_days=st.none() | st.integers(0, 7).map(Fraction),
)
seconds = st.floats(-DAY, 10 * DAY)
points = st.fractions(0, 12, max_denominator=20)
TEN = LatePolicy(Fraction(15), Fraction(10), hard_days=Fraction(7))
MOST = Fraction(10)


@given(policies, points, points, seconds, st.integers(0, 3))
def test_a_better_score_never_falls_behind(
    policy: LatePolicy, a: Fraction, b: Fraction, late: float, free: int
) -> None:
    """What remains after the penalty rises or stays when the score rises, and is never negative."""
    low, high = sorted((a, b))
    left = [p - penalty(policy, p, MOST, late, free) for p in (low, high)]
    assert 0 <= left[0] <= left[1]


@given(policies, points, seconds, seconds, st.integers(0, 3))
def test_later_never_costs_less(
    policy: LatePolicy, score: Fraction, a: float, b: float, free: int
) -> None:
    """Nobody gains by waiting."""
    early, late = sorted((a, b))
    assert penalty(policy, score, MOST, early, free) <= penalty(policy, score, MOST, late, free)


@given(policies, st.lists(seconds, max_size=6))
def test_the_budget_is_never_overdrawn(policy: LatePolicy, lates: list[float]) -> None:
    """No submission gets more free days than it needs, all together no more than there are."""
    submissions = [Lateness(f"hw{i}", datetime(2026, 11, 1 + i), s) for i, s in enumerate(lates)]
    spent = free_days(policy, submissions)
    assert sum(spent.values()) <= policy.budget_days
    for one in submissions:
        assert 0 <= spent[one.item] <= late_days(policy, one.seconds)


@pytest.mark.parametrize(
    ("late", "days"),
    [(-5, 0), (0, 0), (15 * 60, 0), (15 * 60 + 1, 1), (DAY, 1), (DAY + 1, 2), (3 * DAY, 3)],
)
def test_a_day_begun_is_a_day(late: float, days: int) -> None:
    """Grace forgives what is within it, and does not move the other limits."""
    assert late_days(TEN, late) == days


def test_the_hard_deadline_takes_everything() -> None:
    """Free days do not help behind it, and none is spent there."""
    late = 7 * DAY + 15 * 60
    assert not is_too_late(TEN, late) and is_too_late(TEN, late + 1)
    assert penalty(TEN, Fraction(8), MOST, late + 1, free=9) == 8
    with_budget = LatePolicy(budget_days=3, hard_days=Fraction(1))
    assert free_days(with_budget, [Lateness("hw1", None, 3 * DAY)]) == {"hw1": 0}


def test_free_days_go_to_the_earliest_due_date() -> None:
    """Three days: two for hw1, one of two for hw2, none for hw3."""
    policy = LatePolicy(penalty_per_day=Fraction(10), budget_days=3)
    late = [Lateness(f"hw{i}", datetime(2026, 11, i), 2 * DAY) for i in (3, 2, 1)]
    assert free_days(policy, late) == {"hw1": 2, "hw2": 1, "hw3": 0}
    assert penalty(policy, Fraction(9), MOST, 2 * DAY, free=1) == 1


@pytest.mark.parametrize(("of", "cost"), [("max", 2), ("score", 1)])
def test_percent_of_the_maximum_or_of_the_score(of: str, cost: int) -> None:
    """Two days at ten percent, five of ten points."""
    policy = read_late_policy({"penalty_per_day": 10, "penalty_of": of})
    assert penalty(policy, Fraction(5), MOST, 2 * DAY) == cost


def test_numbers_of_the_policy_are_exact() -> None:
    """A third of a percent stays one."""
    data: dict[str, Any] = {"penalty_per_day": 0.1, "grace_minutes": 0.5}
    policy = read_late_policy(data)
    assert policy.penalty_per_day == Fraction(1, 10) and policy.grace_minutes == exact(0.5)
