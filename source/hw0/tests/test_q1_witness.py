"""Public tests of q1-witness: the form of `X_complex`."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_finite

pytestmark = pytest.mark.question("q1-witness")


def test_form(student):
    """X_complex is a two-dimensional complex array with finite entries, not all zero."""
    found = student.value("X_complex")
    assert_finite(found, name="X_complex")
    matrix = as_array(found, name="X_complex")
    assert matrix.ndim == 2, f"X_complex must have two dimensions, got shape {matrix.shape}"
    assert matrix.dtype.kind == "c", f"X_complex must be complex, got dtype {matrix.dtype}"
    assert np.count_nonzero(matrix) > 0, "X_complex must not be zero"


def test_product(student):
    """X_complex.T @ X_complex is zero, up to rounding."""
    matrix = as_array(student.value("X_complex"), name="X_complex")
    assert matrix.ndim == 2 and matrix.size > 0, "X_complex must be a matrix with entries"
    largest = np.abs(matrix).max()
    assert np.isfinite(largest) and largest > 0, "X_complex must be finite and not zero"
    scaled = matrix / largest  # so that tiny entries can't vanish in the product
    # Rounding: at most about n * eps in each entry of the product.
    error = np.abs(scaled.T @ scaled).max()
    bound = 8 * len(matrix) * np.finfo(np.float64).eps
    assert error <= bound, f"X_complex.T @ X_complex must be zero, got entries up to {error:.3g}"
