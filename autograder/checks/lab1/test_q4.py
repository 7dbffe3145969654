"""Hidden tests of q4: the objective at the student's w against a lower bound from duality.

For every a in [0, 1]^n, with w(a) = sum of a_i s_i x_i over lam n, mean(a) - lam/2 |w(a)|^2 is at
most the minimum of F: the test can't be wrong about a right w, however good the judge's own a is.
"""

import numpy as np
import pytest
from scipy.optimize import minimize

from autograder.testing import as_array, assert_finite, assert_shape

pytestmark = pytest.mark.question("q4", timeout=15)

CASES = {  # name: n, d, lam, label noise
    "separable": (60, 3, 0.1, 0.0),
    "noisy": (200, 10, 0.05, 1.0),
    "strong_penalty": (100, 8, 2.0, 0.5),
    "weak_penalty": (150, 6, 0.01, 1.0),
    "more_features": (20, 40, 0.1, 0.5),
    "one_example": (1, 3, 0.3, 0.0),
}


def problem(rng, n, d, noise):
    X = rng.normal(size=(n, d)) + 0.3
    direction = rng.normal(size=d) / np.sqrt(d)
    signs = np.where(X @ direction + noise * rng.normal(size=n) > 0, 1.0, -1.0)
    return X, signs


def lower_bound(X, signs, lam):
    """The best dual value that L-BFGS-B finds."""
    Z, n = signs[:, None] * X, len(X)

    def minus_dual(a):
        w = a @ Z / (lam * n)
        return lam / 2 * (w @ w) - a.mean(), (Z @ w - 1) / n

    found = minimize(
        minus_dual,
        np.full(n, 0.5),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 1)] * n,
        options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-12},
    )
    return -minus_dual(np.clip(found.x, 0, 1))[0]


@pytest.mark.question("q4", weight=7, hint="Your w is not the minimiser of F.")
@pytest.mark.parametrize("case", list(CASES))
def test_objective(student, rng, case):
    """F at w is at most 2 % above the minimum."""
    n, d, lam, noise = CASES[case]
    X, signs = problem(rng, n, d, noise)
    w = student.linear_svm(X, signs, lam)
    assert_shape(w, (d,), name="w")
    assert_finite(w, name="w")
    w = as_array(w).astype(float)
    value = lam / 2 * (w @ w) + np.maximum(0, 1 - signs * (X @ w)).mean()
    assert value <= 1.02 * lower_bound(X, signs, lam) + 1e-9, "F can be made smaller"


@pytest.mark.question("q4", weight=1, hint="Which line writes into the arguments?")
def test_the_arguments_stay(student, rng):
    """X and signs are the same after the call, and w is not zero."""
    X, signs = problem(rng, 30, 4, 0.5)
    before = X.copy(), signs.copy()
    w = student.linear_svm(X, signs, 0.1)
    assert np.array_equal(X, before[0]) and np.array_equal(signs, before[1])
    assert_shape(w, (4,), name="w")
    assert np.abs(as_array(w)).max() > 0, "w is zero"
