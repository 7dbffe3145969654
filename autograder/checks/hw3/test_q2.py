"""Hidden tests of q2: the bound, for functions whose second derivative is known.

Rounding: each value of f is known to 2e-16 of max|f|, so a slope to 4e-16 F / h, and N changes of
slope times a length of at most b - a add up to 2e-15 N^2 F < 1e-10 F for the N <= 60 used here. The
statement forgives 1e-9 max(1, F).
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_finite, assert_shape

pytestmark = pytest.mark.question("q2")

FUNCTIONS = {  # f, a, b, N, max |f''| on [a, b]
    "sine": (np.sin, -np.pi, np.pi, 20, 1.0),
    "parabola, one unit": (lambda x: x * x - x, -3.0, 1.0, 1, 2.0),
    "exponential": (np.exp, 0.5, 2.0, 7, float(np.exp(2.0))),
    "cosine": (lambda x: 2 - np.cos(5 * x), 2.0, 3.5, 33, 25.0),
    "cubic": (lambda x: x**3, -1.0, 2.0, 60, 12.0),
    "far away": (lambda x: np.sqrt(x), 100.0, 121.0, 3, 0.25e-3),
}


def inside(f, a, b):
    """f on [a, b], nan elsewhere; what rounding puts beyond an end belongs to the end."""
    slack = 1e-9 * (b - a)

    def wrapped(x):
        x = np.asarray(x, dtype=float)
        known = (x >= a - slack) & (x <= b + slack)
        value = np.where(known, f(np.clip(x, a, b)), np.nan)
        return float(value) if value.ndim == 0 else value

    return wrapped


def network(student, f, a, b, N):
    """The student's network as a function of an array, after its form has been checked."""
    result = student.relu_interpolant(inside(f, a, b), a, b, N)
    assert isinstance(result, tuple | list) and len(result) == 3, "three results are needed"
    for value, shape, name in zip(result, [(), (N,), (N,)], ["c", "alpha", "knots"], strict=True):
        assert_shape(value, shape, name=name)
        assert_finite(value, name=name)
    c, alpha, knots = (as_array(value).astype(float) for value in result)
    return lambda x: c + np.maximum(x[:, None] - knots, 0) @ alpha


def assert_bound(student, rng, f, a, b, N, curvature):
    F = network(student, f, a, b, N)
    thirds = np.linspace(a, b, 6 * N + 1)  # nodes, middles and thirds of all cells
    x = np.concatenate([thirds, rng.uniform(a, b, size=200)])
    bound = ((b - a) / N) ** 2 / 8 * curvature
    rounding = 1e-9 * max(1.0, np.abs(f(x)).max())
    assert np.abs(F(x) - f(x)).max() <= bound + rounding, "the bound is broken"


@pytest.mark.parametrize("name", list(FUNCTIONS))
@pytest.mark.question(
    "q2", weight=5, hint="The error is at most h^2 max|f''| / 8, on all of [a, b]."
)
def test_the_bound(student, rng, name):
    """Smooth functions are approximated within the bound."""
    f, a, b, N, curvature = FUNCTIONS[name]
    assert_bound(student, rng, f, a, b, N, curvature)


@pytest.mark.parametrize(("slope", "at_zero"), [(0.0, 3.0), (-2.0, 7.0), (5.0, -20.0)])
@pytest.mark.question("q2", weight=2, hint="Affine functions, constants too, are reproduced.")
def test_affine_functions(student, rng, slope, at_zero):
    """Affine functions on an interval far from 0 are reproduced."""
    assert_bound(student, rng, lambda x: slope * x + at_zero, 3.0, 7.0, 6, 0.0)


@pytest.mark.question("q2", weight=1, hint="Another call must not remember this one.")
def test_repeatable(student, rng):
    """After a call for another function the first one is still right."""
    for name in ("exponential", "sine", "exponential"):
        f, a, b, N, curvature = FUNCTIONS[name]
        assert_bound(student, rng, f, a, b, N, curvature)
    first, second = (
        student.relu_interpolant(inside(np.exp, 0.5, 2.0), 0.5, 2.0, 7) for _ in range(2)
    )
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(as_array(one), as_array(other)), "two equal calls differ"
