"""Hidden tests of q2: squared distances by an oracle that neither broadcasts nor cancels."""

import math

import numpy as np
import pytest

from autograder.testing import as_array, assert_close

pytestmark = pytest.mark.question("q2")


def assert_distances(student, X, Z, **tolerance):
    expected = by_loops(X, Z)  # before the call, which might change X or Z
    assert_close(student.squared_distances(X, Z), expected, **tolerance)


def by_loops(X, Z):
    """Entry by entry, in Python floats with exact summation."""
    return np.array(
        [
            [math.fsum((float(a) - float(b)) ** 2 for a, b in zip(x, z, strict=True)) for z in Z]
            for x in X
        ]
    )


@pytest.mark.question(
    "q2",
    weight=3,
    hint="Entry (i, j) belongs to row i of X and row j of Z.",
)
def test_values(student, rng):
    """Random points, n, m and d all different."""
    X, Z = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    assert_distances(student, X, Z)


@pytest.mark.question(
    "q2", weight=1, hint="A size of 1 is a size like any other: no axis may disappear."
)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 6, 4), (6, 1, 4), (3, 3, 1), (3, 3, 3)])
def test_sizes(student, rng, shape):
    """One row, one column, equal sizes."""
    n, m, d = shape
    X, Z = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    assert_distances(student, X, Z)


@pytest.mark.question(
    "q2", weight=2, hint="Small integer types wrap around: convert before you subtract."
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16])
def test_integers(student, rng, dtype):
    """Integers over the whole range of their type."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    X = rng.integers(low, high, size=(4, 5), dtype=dtype, endpoint=True)
    Z = rng.integers(low, high, size=(3, 5), dtype=dtype, endpoint=True)
    X[0, 0], Z[0, 0] = low, high  # whatever is drawn, one difference leaves the range
    assert_distances(student, X, Z)


@pytest.mark.question("q2", weight=1, hint="float32 inputs: compute in float64, return float64.")
def test_float32(student, rng):
    """float32 inputs lose no digits and give float64."""
    X, Z = (rng.normal(size=(k, 6)).astype(np.float32) for k in (4, 3))
    expected = by_loops(X, Z)
    result = student.squared_distances(X, Z)
    assert as_array(result).dtype == np.float64
    assert_close(result, expected)


@pytest.mark.question(
    "q2", weight=2, hint="Far from the origin the digits cancel: subtract before you square."
)
def test_far_from_origin(student, rng):
    """Points 1e6 away from the origin, about 1 apart."""
    # Subtraction first: relative error about d * 1e-16. Norms first: about 1e12 * 1e-16 = 1e-4.
    centre = 1e6 * np.array([1.0, -1.0, 1.0])
    X, Z = centre + rng.normal(size=(5, 3)), centre + rng.normal(size=(4, 3))
    assert_distances(student, X, Z, atol=1e-8)


@pytest.mark.question("q2", weight=1, hint="The arguments must be as they were before the call.")
def test_arguments_unchanged(student, rng):
    """X and Z are not changed."""
    X, Z = rng.normal(size=(5, 3)), rng.normal(size=(1, 3))
    X_before, Z_before = X.copy(), Z.copy()
    assert_close(student.squared_distances(X, Z), by_loops(X_before, Z_before))
    assert np.array_equal(X, X_before) and np.array_equal(Z, Z_before)
