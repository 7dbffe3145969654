"""Hidden tests of q1-witness: ker(X^T X) = ker(X) fails over the complex numbers."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_finite

pytestmark = pytest.mark.question("q1-witness")


def complex_matrix(student):
    found = student.value("X_complex")
    assert_finite(found, name="X_complex")
    matrix = as_array(found, name="X_complex")
    assert matrix.ndim == 2, "X_complex must have two dimensions"
    assert np.count_nonzero(matrix) > 0, "X_complex must not be zero"
    return matrix


@pytest.mark.question(
    "q1-witness", weight=1, hint="X_complex must be a finite complex matrix that is not zero."
)
def test_form(student):
    """X_complex is a complex matrix and not zero."""
    assert complex_matrix(student).dtype.kind == "c", "X_complex must be complex"


@pytest.mark.question(
    "q1-witness", weight=2, hint="X_complex.T @ X_complex (no conjugate) is not zero."
)
def test_product(student):
    """The scaled matrix has transpose times itself equal to zero."""
    matrix = complex_matrix(student).astype(np.complex128)
    scaled = matrix / np.abs(matrix).max()
    # Entries of `scaled` have modulus <= 1, so a sum of n products is off by less than
    # n * (n + 2) * eps however it is summed; 8 n eps allows for the n <= 6 a student would type.
    bound = 8 * len(matrix) * np.finfo(np.float64).eps
    assert np.abs(scaled.T @ scaled).max() <= bound
