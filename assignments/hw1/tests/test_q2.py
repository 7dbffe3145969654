"""Public tests of q2: the perceptron."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q2", forbid=["sklearn.linear_model", "sklearn.svm"], timeout=6)


def run(student, X, y, max_epochs):
    """w as an array, mistakes and converged, after their form has been checked."""
    result = student.perceptron(X, y, max_epochs)
    assert isinstance(result, tuple | list), "perceptron must return (w, mistakes, converged)"
    assert len(result) == 3, f"expected three results, got {len(result)}"
    w, mistakes, converged = result
    assert_shape(w, (X.shape[1],), name="w")
    assert_integer(mistakes, name="mistakes")
    assert isinstance(converged, bool | np.bool_), "converged must be True or False"
    return as_array(w), mistakes, converged


@pytest.mark.question("q2", hint="w = 0 has margin 0, and margin 0 is a mistake.")
def test_one_example_takes_one_update(student):
    """With one example (x, y) the result is w = y x after one mistake."""
    X, y = np.array([[2.0, -1.0, 0.5]]), np.array([-1])
    w, mistakes, converged = run(student, X, y, 10)
    assert_close(w, np.array([-2.0, 1.0, -0.5]), name="w")
    assert mistakes == 1, f"expected 1 mistake, got {mistakes}"
    assert converged, "after the update a clean pass follows: converged must be True"


@pytest.mark.question("q2", hint="Return a plain (d,) vector: no bias entry, no column vector.")
def test_the_result_has_the_right_form(student, rng):
    """The result is (w, mistakes, converged) with w of shape (d,), an int and a bool."""
    X, y = rng.normal(size=(7, 4)), np.where(rng.random(7) < 0.5, -1, 1)
    run(student, X, y, 3)


@pytest.mark.question("q2", hint="mistakes counts updates, one example at a time, not passes.")
def test_orthogonal_examples_take_one_update_each(student):
    """Three orthogonal examples take three updates, in any order, and w is the sum of y_i x_i."""
    w, mistakes, converged = run(student, np.diag([1.0, 2.0, 3.0]), np.array([1, -1, 1]), 10)
    assert_close(w, np.array([1.0, -2.0, 3.0]), name="w")
    assert mistakes == 3, f"expected 3 mistakes, got {mistakes}"
    assert converged, "these examples are separable: converged must be True"


@pytest.mark.question("q2", hint="Print y * (X @ w): every entry must be positive at the end.")
def test_separable_data_end_up_right(student):
    """Six separable points: all are right at the end, within Novikoff's bound."""
    X = np.array([[2.0, 1.0], [1.0, 2.0], [3.0, -1.0], [-2.0, -1.0], [-1.0, -1.5], [-1.0, 0.2]])
    y = np.array([1, 1, 1, -1, -1, -1])
    w, mistakes, converged = run(student, X, y, 100)
    assert converged, "these points are separable: converged must be True"
    wrong = int((y * (X @ w) <= 0).sum())
    assert wrong == 0, f"{wrong} of 6 examples are on the wrong side or on the boundary"
    # w* = (1, 0) has margin 1 here; the longest example has squared length 10.
    assert mistakes <= 10, f"Novikoff allows 10 mistakes, got {mistakes}"


@pytest.mark.question("q2", hint="max_epochs must end the loop.")
def test_xor_does_not_converge(student):
    """On XOR (with a column of ones) the function returns, with converged False."""
    X = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    _, mistakes, converged = run(student, X, np.array([-1, 1, 1, -1]), 25)
    assert not converged, "no hyperplane separates XOR"
    assert mistakes >= 25, f"every pass over XOR makes a mistake: at least 25, got {mistakes}"


@pytest.mark.question("q2", hint="X *= ... and w = X[0] followed by w += ... change the data.")
def test_the_arguments_stay_as_they_were(student, rng):
    """X and y are the same after the call."""
    X, y = rng.normal(size=(6, 3)), np.array([1, -1, 1, 1, -1, -1])
    X_before, y_before = X.copy(), y.copy()
    student.perceptron(X, y, 5)
    assert np.array_equal(X, X_before), "X was changed"
    assert np.array_equal(y, y_before), "y was changed"
