"""Hidden tests of q3: projections onto spaces whose orthonormal basis is known beforehand."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q3")


def problem(rng, n, d, rank):
    """A [n, d] of this rank, b [n], and the projection of b, known from the construction.

    The non-zero singular values of A lie in [1, 2]. Those that rounding makes out of zero stayed
    below 6e-16 in 800,000 draws, a tenth more digits of draws adding 0.7e-16; the smallest default
    cutoff in common use, that of numpy.linalg.pinv, is 1e-15 times the largest.
    """
    basis, _ = np.linalg.qr(rng.normal(size=(n, rank)))
    rows, _ = np.linalg.qr(rng.normal(size=(d, rank)))
    A = (basis * rng.uniform(1.0, 2.0, size=rank)) @ rows.T
    b = rng.normal(size=n)
    return A, b, basis @ (basis.T @ b)


def assert_projection(found, expected, b):
    assert_close(found, expected, rtol=0.0, atol=1e-8 * float(np.linalg.norm(b)))


@pytest.mark.question(
    "q3", weight=3, hint="Independent columns: the result must lie in the column space of A."
)
@pytest.mark.parametrize("shape", [(7, 3), (6, 1), (4, 4)])
def test_independent_columns(student, rng, shape):
    """Columns that are linearly independent."""
    A, b, p = problem(rng, *shape, rank=shape[1])
    assert_projection(student.project(A, b), p, b)


@pytest.mark.question(
    "q3", weight=3, hint="Dependent columns: A^T A has no inverse, yet there is one projection."
)
@pytest.mark.parametrize(("shape", "rank"), [((7, 4), 2), ((6, 3), 1), ((5, 5), 3)])
def test_dependent_columns(student, rng, shape, rank):
    """Columns that are linearly dependent."""
    A, b, p = problem(rng, *shape, rank=rank)
    assert_projection(student.project(A, b), p, b)


@pytest.mark.question("q3", weight=2, hint="More columns than rows: A may be wide.")
@pytest.mark.parametrize(("shape", "rank"), [((3, 5), 3), ((5, 8), 2)])
def test_wide(student, rng, shape, rank):
    """A matrix with more columns than rows."""
    A, b, p = problem(rng, *shape, rank=rank)
    assert_projection(student.project(A, b), p, b)


@pytest.mark.question(
    "q3", weight=1, hint="The column space does not depend on the scale of A: use relative cutoffs."
)
@pytest.mark.parametrize("scale", [1e-13, 1e13])
def test_scale(student, rng, scale):
    """A matrix with very small or very large entries."""
    A, b, p = problem(rng, 6, 4, rank=2)
    assert_projection(student.project(scale * A, b), p, b)


@pytest.mark.question("q3", weight=1, hint="The column space of the zero matrix is {0}.")
def test_zero_matrix(student, rng):
    """The zero matrix projects everything to zero."""
    b = rng.normal(size=4)
    assert_projection(student.project(np.zeros((4, 2)), b), np.zeros(4), b)


@pytest.mark.question("q3", weight=1, hint="The arguments must be as they were before the call.")
def test_arguments_unchanged(student, rng):
    """A and b are not changed."""
    A, b, p = problem(rng, 6, 3, rank=3)
    A_before, b_before = A.copy(), b.copy()
    assert_projection(student.project(A, b), p, b_before)
    assert np.array_equal(A, A_before) and np.array_equal(b, b_before)
