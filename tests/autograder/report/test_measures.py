"""The statistics of a class against independent computations of them."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.report.measures import (
    discrimination,
    failing_hints,
    final_score,
    outcome_counts,
    question_measures,
    score_histogram,
    seconds_histogram,
    taken,
)

shares = st.integers(0, 100).map(lambda percent: percent / 100)
pairs = st.integers(3, 40).flatmap(
    lambda n: st.tuples(
        arrays.arrays(float, n, elements=shares), arrays.arrays(float, n, elements=shares)
    )
)


@given(pairs)
def test_discrimination_of_an_all_or_nothing_question_is_the_point_biserial(pair):
    item, rest = pair[0] >= 0.5, pair[1]
    assume(len(set(item)) == 2 and len(set(rest)) > 1)
    expected = scipy.stats.pointbiserialr(item, rest).statistic
    assert discrimination(item, rest) == pytest.approx(expected, abs=1e-12)


@given(pairs)
def test_discrimination_with_partial_credit_is_the_correlation(pair):
    item, rest = pair
    assume(len(set(item)) > 1 and len(set(rest)) > 1)
    expected = np.corrcoef(item, rest)[0, 1]
    assert discrimination(item, rest) == pytest.approx(expected, abs=1e-12)


@given(pairs, st.floats(0.01, 100), st.floats(-10, 10))
def test_discrimination_ignores_scale_and_shift_and_follows_the_sign(pair, scale, shift):
    item, rest = pair
    plain = discrimination(item, rest)
    assume(plain is not None)
    assert discrimination(item, scale * rest + shift) == pytest.approx(plain, abs=1e-9)
    assert discrimination(item, -rest) == pytest.approx(-plain, abs=1e-12)
    assert discrimination(rest, item) == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize(
    ("item", "rest"),
    [
        ([], []),
        ([1.0, 0.0], [0.9, 0.1]),  # two points always lie on a line
        ([1.0, 1.0, 1.0], [0.1, 0.2, 0.3]),
        ([0.1, 0.2, 0.3], [0.5, 0.5, 0.5]),
        ([0.1 + 0.2, 0.3, 0.3], [0.1, 0.2, 0.3]),  # equal but for rounding
    ],
)
def test_discrimination_is_unknown_without_differences(item, rest):
    assert discrimination(item, rest) is None


def test_discrimination_wants_pairs():
    with pytest.raises(ValueError, match="rest must be one number for each of item"):
        discrimination([1.0, 0.0, 1.0], [0.5, 0.5])


@given(st.lists(st.floats(-5, 120)), st.integers(1, 20))
def test_every_score_is_in_exactly_one_bin(scores, bins):
    histogram = score_histogram(scores, 100.0, bins)
    assert sum(histogram.counts) == len(scores)
    assert (histogram.edges[0], histogram.edges[-1]) == (0.0, 100.0)
    inside = [min(max(score, 0.0), 100.0) for score in scores]
    for i, (low, high) in enumerate(zip(histogram.edges, histogram.edges[1:], strict=False)):
        last = i == bins - 1
        expected = sum(low <= s < high or (last and s == high) for s in inside)
        assert histogram.counts[i] == expected


def test_a_score_on_an_edge_counts_to_its_right_and_the_best_one_to_its_left():
    assert score_histogram([0, 10, 90, 100, 100], 100.0).counts == (1, 1, 0, 0, 0, 0, 0, 0, 0, 3)


@pytest.mark.parametrize(("max_score", "bins"), [(0.0, 10), (-1.0, 10), (10.0, 0)])
def test_a_histogram_wants_a_range_and_bins(max_score, bins):
    with pytest.raises(ValueError, match="must be"):
        score_histogram([1.0], max_score, bins)


@given(st.lists(st.floats(0, 1e5)))
def test_every_duration_is_in_exactly_one_range(seconds):
    histogram = seconds_histogram(seconds)
    assert sum(histogram.counts) == len(seconds)
    assert list(histogram.edges) == sorted(set(histogram.edges))
    for low, high, count in zip(
        histogram.edges, histogram.edges[1:], histogram.counts, strict=False
    ):
        assert count == sum(low <= value < high for value in seconds)
    if seconds:  # no empty ranges before the first
        assert histogram.counts[0] > 0
        assert histogram.counts[-1] > 0


def test_ranges_of_seconds_follow_the_series_1_2_5():
    edges = seconds_histogram([0.0, 700.0]).edges
    assert edges == pytest.approx((0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000))


def test_measures_agree_with_a_computation_from_the_run(builder):
    run = builder.run(50)
    scores = {
        key: np.array([each["questions"][key]["score"] for each in run["submissions"]])
        for key in run["submissions"][0]["questions"]
    }
    total = sum(scores.values())
    for measure in question_measures(run):
        own = scores[measure.id]
        assert measure.marked == 50
        assert measure.mean_share == pytest.approx(own.mean() / measure.max_score)
        expected = np.corrcoef(own, total - own)[0, 1]
        assert measure.discrimination == pytest.approx(expected, abs=1e-9)
        assert sum(measure.verdicts.values()) == 50


def test_missing_unreadable_and_not_marked_submissions_do_not_count_in_questions(builder):
    run = builder.run(6)
    expected = question_measures(run)
    for outcome in ("missing", "invalid", "not_marked"):
        run["submissions"].append(builder.absent(outcome, outcome))
    assert question_measures(run) == expected
    assert len(taken(run)) == 6
    counts = {"finished": 6, "missing": 1, "invalid": 1, "not_marked": 1}
    assert outcome_counts(run) == counts


def test_a_question_that_waits_for_hand_marks_does_not_count_in_its_measures(builder):
    run = builder.run(4)
    run["submissions"].append(builder.submission("waiting", hand_marked=False))
    marked = {measure.id: measure.marked for measure in question_measures(run)}
    assert marked["q1"] == marked["q6"] == marked["q7"] == 4
    assert marked["q2"] == 5


def test_a_question_without_points_has_verdicts_but_no_difficulty(builder):
    run = builder.run(4)
    for submission in run["submissions"]:
        question = submission["questions"]["q0"]
        question.update(score=0.0, max_score=0.0)
        question["parts"]["q0"].update(score=0.0, max_score=0.0)
    measure = question_measures(run)[0]
    assert (measure.mean_share, measure.discrimination) == (None, None)
    assert sum(measure.verdicts.values()) == 4


@pytest.mark.parametrize(
    ("score", "penalty", "final"), [(80.0, 5.0, 75.0), (3.0, 5.0, 0.0), (None, 5.0, None)]
)
def test_the_final_score_is_what_the_penalty_leaves(builder, score, penalty, final):
    submission = builder.submission("a")
    submission.update(score=score, late_penalty=penalty)
    assert final_score(submission) == final


def test_a_hint_counts_once_a_student_and_the_most_frequent_comes_first(builder):
    run = builder.run(3)
    for i, submission in enumerate(run["submissions"]):
        for question in submission["questions"].values():
            for part in question["parts"].values():
                for test in part["tests"]:
                    test["passed"] = True
        parts = submission["questions"]["q2"]["parts"]
        for test in parts["q2"]["tests"] + parts["q2-gates"]["tests"]:
            test.update(passed=False, hint="Mind the sign.")
        if i:
            submission["questions"]["q3"]["parts"]["q3"]["tests"][1].update(
                passed=False, title="", hint=""
            )
    hints = [(hint.question, hint.text, hint.students) for hint in failing_hints(run)]
    assert hints == [("q2", "Mind the sign.", 3), ("q3", "", 2)]
    assert len(failing_hints(run, most=1)) == 1


def test_an_unequal_maximum_gives_the_larger_one(builder):
    run = builder.run(3)
    run["submissions"][2]["questions"]["q0"]["max_score"] = 8.0
    assert question_measures(run)[0].max_score == 8.0
    assert math.isfinite(question_measures(run)[0].mean_share)
