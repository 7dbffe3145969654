"""Public tests of q2: squared distances of a few points that you can check by hand."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close

pytestmark = pytest.mark.question("q2")


def test_by_hand(student):
    """Two points against three in the plane give the 2 x 3 matrix of squared distances."""
    X = np.array([[0.0, 0.0], [3.0, 4.0]])
    Z = np.array([[0.0, 1.0], [3.0, 0.0], [3.0, 4.0]])
    assert_close(student.squared_distances(X, Z), [[1.0, 9.0, 25.0], [18.0, 16.0, 0.0]])


def test_float64(student):
    """The result has dtype float64."""
    result = student.squared_distances(np.ones((2, 3)), np.zeros((4, 3)))
    assert as_array(result).dtype == np.float64, f"dtype must be float64, got {result.dtype}"


def test_small_integers(student):
    """Integer inputs give the right distances."""
    X = np.array([[3, 0]], dtype=np.int32)
    Z = np.array([[5, 1], [3, 2]], dtype=np.int32)
    assert_close(student.squared_distances(X, Z), [[5.0, 4.0]])
