"""How far markers agree."""

import itertools
import math
import random

import pytest

from autograder.report.agreement import DoubleMark, agreements, reliability, severity

# Shrout & Fleiss, 1979, table 2: six targets, four judges.
SHROUT_FLEISS = [
    (9, 2, 5, 8),
    (6, 1, 3, 2),
    (8, 4, 6, 8),
    (7, 1, 2, 6),
    (10, 5, 6, 9),
    (6, 2, 4, 7),
]


def test_reliability_is_the_published_one():
    """Their table 4 gives ICC(1,1) = .17 for the six targets."""
    assert round(reliability(SHROUT_FLEISS), 2) == 0.17


def test_reliability_is_one_when_all_agree_and_none_without_a_spread():
    assert reliability([(1, 1), (2, 2), (5, 5)]) == pytest.approx(1)
    assert reliability([(2, 2), (2, 2), (2, 2)]) is None
    assert reliability([(1, 2), (3, 4)]) is None


def test_reliability_of_marks_by_chance_is_near_zero():
    """4,000 pairs of independent marks: within five standard errors, 1/sqrt(4000), of 0."""
    draw = random.Random(0)
    marks = [(draw.random(), draw.random()) for _ in range(4000)]
    assert abs(reliability(marks)) < 5 / math.sqrt(4000)


def test_reliability_does_not_depend_on_the_order_of_markers():
    marks = [(1, 3, 4), (2, 2), (5, 4, 4)]
    values = {
        round(reliability(list(each)), 12)
        for each in itertools.product(*(itertools.permutations(m) for m in marks))
    }
    assert len(values) == 1


def test_agreement_counts_every_pair_of_markers():
    marks = [
        DoubleMark("q1", 10, {"ann": 4, "bea": 4, "cem": 7}),
        DoubleMark("q2", 5, {"ann": 5, "bea": 5}),
    ]
    first, second = agreements(marks)
    assert (first.item, first.answers, first.largest) == ("q1", 1, 3)
    assert first.identical == pytest.approx(1 / 3)
    assert first.mean_difference == pytest.approx(2)
    assert (second.identical, second.largest, second.reliability) == (1, 0, None)


def test_severity_says_who_is_strict():
    marks = [DoubleMark("q1", 10, {"ann": 4, "bea": 6}), DoubleMark("q1", 10, {"ann": 5, "bea": 6})]
    assert severity(marks) == {"ann": (2, pytest.approx(-0.15)), "bea": (2, pytest.approx(0.15))}
