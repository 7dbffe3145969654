"""Hidden tests of q5: the minimiser of smallest norm, from factors that the test has planted.

A = U diag(s) V^T with s between 1 and 10 in the unit of the test, so V diag(1/s) U^T b is known to
about 1e-14. Gradient descent with the rate 1 / s_max^2 needs 1400 steps to 1e-6; the statement
promises 1e-6 of the limit's length.
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_shape

pytestmark = pytest.mark.question("q5", timeout=60)


def orthonormal(rng, rows, columns):
    return np.linalg.qr(rng.normal(size=(rows, columns)))[0]


def problem(rng, n, d, rank, unit=1.0):
    """(A, b, limit): a matrix of this shape and rank, singular values from unit to 10 unit."""
    U, V = orthonormal(rng, n, rank), orthonormal(rng, d, rank)
    s = unit * np.geomspace(1, 10, rank)
    image = s * rng.uniform(0.5, 1.0, size=rank) * rng.choice([-1, 1], size=rank)
    outside = rng.normal(size=n)
    outside -= U @ (U.T @ outside)
    length = np.linalg.norm(outside)
    # A residual as long as the image, where there is room for one (n > rank).
    outside *= np.linalg.norm(image) / length if n > rank else 0.0
    return (U * s) @ V.T, U @ image + outside, V @ (image / s)


def assert_limit(student, A, b, limit):
    found = student.least_squares_gd(A, b)
    assert_shape(found, limit.shape, name="the result")
    found = as_array(found)
    error = np.linalg.norm(found - limit)
    assert np.isfinite(error) and error <= 1e-6 * np.linalg.norm(limit), "this is not the limit"


@pytest.mark.parametrize(("n", "d"), [(1, 4), (3, 8), (10, 40)])
@pytest.mark.question("q5", weight=2, hint="More unknowns than equations: which solution?")
def test_more_unknowns_than_equations(student, rng, n, d):
    """Of infinitely many solutions the one of smallest norm."""
    assert_limit(student, *problem(rng, n, d, n))


@pytest.mark.parametrize(("n", "d"), [(5, 1), (9, 3), (40, 12)])
@pytest.mark.question("q5", weight=1, hint="More equations than unknowns: the residual stays.")
def test_more_equations_than_unknowns(student, rng, n, d):
    """The least squares solution of equations that have none."""
    assert_limit(student, *problem(rng, n, d, d))


@pytest.mark.parametrize(("n", "d", "rank"), [(6, 6, 3), (5, 9, 2), (9, 5, 4)])
@pytest.mark.question("q5", weight=2, hint="Rank smaller than both sizes: residual and choice.")
def test_small_rank(student, rng, n, d, rank):
    """The minimiser of smallest norm where there is neither a solution nor only one minimiser."""
    assert_limit(student, *problem(rng, n, d, rank))


@pytest.mark.parametrize("unit", [1e-3, 1e3])
@pytest.mark.question("q5", weight=1, hint="Other units: the rate and the end depend on A and b.")
def test_units(student, rng, unit):
    """Matrices in other units, and right-hand sides in other units."""
    # Where the gradient is 1e-12, the error is 1e-12 / unit^2 (all of it in the slowest direction):
    # with the small unit more than 1e-6 of a limit that is shorter than 1.
    A, b, limit = problem(rng, 4, 7, 2, unit)
    assert_limit(student, A, b / 2, limit / 2)
    A, b, limit = problem(rng, 7, 4, 3)
    assert_limit(student, A, unit * b, unit * limit)


@pytest.mark.question("q5", weight=1, hint="b = 0; the same call twice; A and b unchanged.")
def test_zero_strides_and_purity(student, rng):
    """b = 0 gives 0; strided arguments; two equal calls; arguments unchanged."""
    A, b, limit = problem(rng, 4, 6, 3)
    zero = as_array(student.least_squares_gd(A, np.zeros(4)))
    assert zero.shape == (6,) and np.abs(zero).max() <= 1e-12, "b = 0 must give w = 0"
    wide = np.zeros((8, 12))
    wide[::2, ::2] = A
    strided, labels = wide[::2, ::2], np.repeat(b, 2)[::2]
    A_before, b_before = strided.copy(), labels.copy()
    student.seed(1)
    assert_limit(student, strided, labels, limit)
    student.seed(2)
    assert_limit(student, strided, labels, limit)
    assert np.array_equal(strided, A_before), "A was changed"
    assert np.array_equal(labels, b_before), "b was changed"
