"""Public tests of q4: linear_svm on problems that have an answer in closed form."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q4", forbid=["sklearn.svm", "sklearn.linear_model"], timeout=15)


@pytest.mark.question("q4", hint="One example: minimise lam / 2 w^2 + max(0, 1 - w) by hand.")
def test_one_example(student):
    """One example x = 1, label +1: w = min(1, 1 / lam)."""
    X, signs = np.array([[1.0]]), np.array([1.0])
    assert_close(student.linear_svm(X, signs, 0.5), np.array([1.0]), rtol=0.1, name="w")
    assert_close(student.linear_svm(X, signs, 4.0), np.array([0.25]), rtol=0.1, name="w")


@pytest.mark.question("q4", hint="Compute F of your w, and of 0.9 w and 1.1 w.")
def test_no_multiple_is_much_better(student, rng):
    """F at w is not more than 2 % above F at multiples of w."""
    X = rng.normal(size=(60, 5))
    signs = np.where(X[:, 0] + 0.5 * rng.normal(size=60) > 0, 1.0, -1.0)
    w = np.asarray(student.linear_svm(X, signs, 0.1), dtype=float)
    assert w.shape == (5,), f"w must have shape (5,), got {w.shape}"

    def objective(w):
        return 0.05 * w @ w + np.maximum(0, 1 - signs * (X @ w)).mean()

    best = min(objective(c * w) for c in (0.7, 0.8, 0.9, 1.1, 1.25, 1.4))
    assert objective(w) <= 1.02 * best, "a multiple of w is better"
