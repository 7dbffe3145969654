"""linear: exact counts, a second algorithm, and scikit-learn as oracles."""

import itertools
from math import comb

import numpy as np
import pytest
import torch
from sklearn.linear_model import Perceptron as SklearnPerceptron
from sklearn.svm import LinearSVC

from tdlcourse.linear import cover_count, is_separable, max_margin, perceptron

XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1, 1, 1, -1])


def separable_data(seed, n=40, d=5, gap=0.1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    w = rng.normal(size=d)
    w /= np.linalg.norm(w)
    y = np.where(X @ w > 0, 1, -1)
    return X + gap * y[:, None] * w, y, w


def dichotomies(X):
    return sum(is_separable(X, y) for y in itertools.product([-1, 1], repeat=len(X)))


# --------------------------------------------------------------------------------- perceptron


@pytest.mark.ground_truth(
    function="linear.perceptron",
    result="at most (R / gamma)^2 mistakes",
    source="Novikoff 1962",
    figure="planted margin",
)
@pytest.mark.parametrize("seed", range(20))
def test_mistakes_obey_novikoffs_bound(seed, record_property):
    X, y, planted = separable_data(seed)
    w, mistakes, converged = perceptron(X, y, 10_000)
    assert converged
    assert (y * (X @ w) > 0).all()
    bound = ((X**2).sum(axis=1).max()) / (y * (X @ planted)).min() ** 2
    assert 0 < mistakes <= bound
    record_property("deviation", mistakes / bound)


@pytest.mark.ground_truth(
    function="linear.perceptron",
    result="weights after each number of epochs",
    source="Rosenblatt 1958",
    figure="sklearn.linear_model.Perceptron",
)
@pytest.mark.parametrize("epochs", [1, 2, 7])
def test_weights_are_those_of_scikit_learn(epochs, record_property):
    X, y, _ = separable_data(3, n=60, gap=0.0)
    sklearn = SklearnPerceptron(
        penalty=None, fit_intercept=False, shuffle=False, max_iter=epochs, tol=None
    ).fit(X, y)
    deviation = abs(perceptron(X, y, epochs).w - sklearn.coef_[0]).max()
    assert deviation <= 1e-12
    record_property("deviation", deviation)


def test_xor_never_converges():
    X, y = XOR
    assert not perceptron(np.column_stack([X, np.ones(4)]), y, 200).converged


def test_a_point_on_the_boundary_is_a_mistake():
    assert perceptron([[2.0]], [1], 5) == (np.array([2.0]), 1, True)


def test_no_epochs_leave_the_weights_at_zero():
    w, mistakes, converged = perceptron([[1.0, 2.0]], [1], 0)
    assert (w == 0).all() and mistakes == 0 and not converged


def test_tensors_give_tensors_and_the_same_numbers():
    X, y, _ = separable_data(0)
    result = perceptron(torch.tensor(X), torch.tensor(y), 100)
    assert isinstance(result.w, torch.Tensor) and result.w.dtype == torch.float64
    assert np.array_equal(result.w.numpy(), perceptron(X, y, 100).w)


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e200])
def test_convergence_does_not_depend_on_units(scale):
    X, y, _ = separable_data(0)
    w, mistakes, converged = perceptron(scale * X, y, 100)
    expected = perceptron(X, y, 100)
    assert converged and mistakes == expected.mistakes
    assert np.allclose(w / scale, expected.w, rtol=1e-12, atol=0)


def test_an_overflow_is_not_a_success():
    X = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    assert not perceptron(2.0**665 * X, [1, 1, -1], 1).converged
    w = perceptron(2.0**665 * X, [1, 1, -1], 50).w
    assert (np.array([1, 1, -1]) * (X @ (w / 2.0**665)) > 0).all()


# -------------------------------------------------------------------------------- cover_count


@pytest.mark.ground_truth(
    function="linear.cover_count",
    result="32 dichotomies of 6 points in R^2, 62 in R^4",
    source="Cover 1965, theorem 1",
    figure="32, 62",
)
@pytest.mark.parametrize(("n", "d", "count"), [(6, 2, 32), (6, 4, 62)])
def test_published_counts(n, d, count, record_property):
    assert cover_count(n, d) == count
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="linear.cover_count",
    result="the number of separable labellings of random points",
    source="enumeration of 2^n linear programmes",
    figure="n <= 7, d <= 4",
)
@pytest.mark.parametrize(("n", "d"), [(4, 1), (7, 1), (6, 2), (7, 3), (5, 4)])
def test_counts_are_those_of_an_enumeration(n, d, record_property):
    X = np.random.default_rng(n + d).normal(size=(n, d))
    assert dichotomies(X) == cover_count(n, d)
    record_property("deviation", 0)


def test_covers_recursion_holds_for_large_numbers_exactly():
    # C(n + 1, d) = C(n, d) + C(n, d - 1): the new point's hyperplanes cut one dimension less.
    for n, d in [(10, 3), (200, 90), (1000, 17)]:
        assert cover_count(n + 1, d) == cover_count(n, d) + cover_count(n, d - 1)


def test_all_labellings_up_to_d_plus_one_points_and_half_at_twice_as_many():
    for d in range(1, 40):
        assert cover_count(d + 1, d) == 2 ** (d + 1)
        assert cover_count(2 * (d + 1), d) == 2 ** (2 * d + 1)
        assert cover_count(d + 2, d) == 2 ** (d + 2) - 2 * comb(d + 1, d + 1)


# ------------------------------------------------------------------------------- is_separable


@pytest.mark.ground_truth(
    function="linear.is_separable",
    result="14 of 16 and 104 of 256 Boolean functions are threshold functions",
    source="OEIS A000609",
    figure="14, 104",
)
@pytest.mark.parametrize(("n", "count"), [(2, 14), (3, 104)])
def test_number_of_boolean_threshold_functions(n, count, record_property):
    cube = np.array(list(itertools.product([0.0, 1.0], repeat=n)))
    assert dichotomies(cube) == count
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="linear.is_separable",
    result="agrees with the margin of the lifted points",
    source="Farkas' lemma: a linear programme against a nearest point",
    figure="300 small integer grids, half of them touching",
)
def test_separable_means_a_positive_margin_after_lifting(record_property):
    rng = np.random.default_rng(0)
    answers = []
    for _ in range(300):
        X = rng.integers(-2, 3, size=(rng.integers(1, 9), rng.integers(1, 4))).astype(float)
        y = np.where(X @ rng.normal(size=X.shape[1]) + rng.normal() > 0, 1, -1)
        y[0] *= rng.choice([-1, 1])
        answers.append(is_separable(X, y))
        if answers[-1]:
            assert max_margin(np.column_stack([X, np.ones(len(X))]), y).margin > 0
        else:
            with pytest.raises(ValueError, match="separable by a hyperplane"):
                max_margin(np.column_stack([X, np.ones(len(X))]), y)
    assert 30 < answers.count(False) < 270
    record_property("deviation", 0)


def test_touching_points_are_not_separated():
    assert not is_separable([[0.0], [1.0], [1.0]], [-1, 1, -1])
    assert not is_separable([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [1, -1, 1])


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_separability_does_not_depend_on_units_or_origin(scale):
    for seed in range(5):
        X, y, _ = separable_data(seed, n=30, d=3)
        assert is_separable(scale * (X + 1e9) * [1.0, 1e-6, 1e6], y)
    assert not is_separable(scale * XOR[0], XOR[1])


@pytest.mark.parametrize("far", [1e7, 1e8, 1e10, 1e12])
def test_a_distant_point_does_not_hide_a_gap(far):
    assert is_separable([[0.0], [1.0], [far]], [-1, 1, 1])
    assert not is_separable([[0.0], [1.0], [far]], [1, -1, 1])
    planar = np.array([[0.0, 0.3], [1.0, 0.2], [far, 0.7]])
    assert is_separable(planar[:, :1] @ [[0.6, 0.8]], [-1, 1, 1]) and is_separable(
        planar, [-1, 1, 1]
    )


@pytest.mark.parametrize("d", [1, 2, 5, 20])
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e307])
def test_a_common_point_of_the_two_hulls_is_a_no(d, scale):
    # Every class has a point and its mirror image: both hulls contain 0.
    rng = np.random.default_rng(d)
    half, y = rng.normal(size=(30, d)), rng.choice([-1, 1], size=30)
    half[:2], y[:2] = 0.01 * half[:2], [-1, 1]
    assert not is_separable(scale / 10 * np.concatenate([half, -half]), np.concatenate([y, y]))


def test_one_class_is_separable_by_the_bias_alone():
    assert is_separable(np.random.default_rng(0).normal(size=(50, 2)), np.ones(50, dtype=int))
    assert is_separable(np.zeros((2, 0)), [1, 1]) and not is_separable(np.zeros((2, 0)), [1, -1])


# --------------------------------------------------------------------------------- max_margin


@pytest.mark.ground_truth(
    function="linear.max_margin",
    result="direction of the hard-margin SVM through the origin",
    source="Soudry et al. 2018",
    figure="cos = 1 with sklearn.svm.LinearSVC(fit_intercept=False)",
)
@pytest.mark.parametrize("seed", range(3))
def test_direction_is_that_of_the_hard_margin_svm(seed, record_property):
    X, y, _ = separable_data(seed, n=30, d=4, gap=0.3)
    svm = LinearSVC(
        fit_intercept=False, loss="hinge", C=1e4, tol=1e-10, max_iter=2_000_000, random_state=0
    )
    reference = svm.fit(X, y).coef_[0]
    cosine = max_margin(X, y).w @ reference / np.linalg.norm(reference)
    assert abs(cosine - 1) <= 1e-9
    record_property("deviation", abs(cosine - 1))


@pytest.mark.ground_truth(
    function="linear.max_margin",
    result="the margin of two opposite corners",
    source="closed form: half the distance",
    figure="|a - b| / 2",
)
def test_two_points_have_their_bisector(record_property):
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, shift = rng.normal(size=3), rng.normal(size=3)
        shift -= (shift @ a) / (a @ a) * a
        # a + s and -a + s with s orthogonal to a: the best w through the origin is along a.
        w, margin = max_margin(np.array([a + shift, -a + shift]), [1, -1])
        assert np.allclose(w, a / np.linalg.norm(a), rtol=0, atol=1e-12)
        assert abs(margin - np.linalg.norm(a)) <= 1e-12
    record_property("deviation", abs(margin - np.linalg.norm(a)))


def test_small_margins_are_found():
    rng = np.random.default_rng(0)
    u = np.array([0.6, 0.8, 0.0])
    X, y = rng.normal(size=(12, 3)), rng.choice([-1, 1], size=12)
    for gap in (1e-3, 1e-6, 1e-8):
        data = X - (X @ u)[:, None] * u + gap * y[:, None] * u
        assert max_margin(data, y).margin == pytest.approx(gap, rel=1e-5)


@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-530, 2.0**530, 2.0**1000])
def test_the_margin_scales_with_the_data(scale):
    X, y, _ = separable_data(0)
    w, margin = max_margin(scale * X, y)
    expected = max_margin(X, y)
    assert margin == scale * expected.margin and np.array_equal(w, expected.w)


def test_no_separation_through_the_origin_is_an_error():
    with pytest.raises(ValueError, match="must be separable by a hyperplane through the origin"):
        max_margin(*XOR)
    with pytest.raises(ValueError, match="must be separable"):
        max_margin([[1.0], [2.0]], [1, -1])


def test_tensors_keep_their_dtype():
    X, y, _ = separable_data(0)
    result = max_margin(torch.tensor(X, dtype=torch.float32), torch.tensor(y))
    assert result.w.dtype == torch.float32
    assert result.margin == pytest.approx(max_margin(X, y).margin, rel=1e-5)


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: perceptron([1.0, 2.0], [1], 3), r"X must be of shape \(n, d\), got \(2,\)"),
        (lambda: perceptron([[1.0]], [1, 1], 3), r"y must be of shape \(1,\), got \(2,\)"),
        (lambda: perceptron([[1.0]], [0], 3), r"y must be labels -1 and \+1 only, got 0.0"),
        (lambda: perceptron([[np.nan]], [1], 3), "X must be finite, got nan"),
        (lambda: perceptron([[1.0]], [1], -1), r"max_epochs must be an integer in \[0, inf\)"),
        (lambda: cover_count(0, 2), r"n must be an integer in \[1, inf\), got 0"),
        (lambda: is_separable([[1.0]], [2]), "y must be labels"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_count_of_half_a_point_is_a_type_error():
    with pytest.raises(TypeError, match="n must be an integer"):
        cover_count(2.5, 2)


def test_arguments_are_not_changed():
    X, y, _ = separable_data(1)
    before = X.copy(), y.copy()
    perceptron(X, y, 10), is_separable(X, y), max_margin(X, y)
    assert np.array_equal(X, before[0]) and np.array_equal(y, before[1])
