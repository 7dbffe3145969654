"""Public tests of q3: projections that you can check by hand."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q3")


def test_onto_a_line(student):
    """The projection of (1, 2, 3) onto the line of (1, 1, 1) is (2, 2, 2)."""
    A = np.ones((3, 1))
    b = np.array([1.0, 2.0, 3.0])
    assert_close(student.project(A, b), [2.0, 2.0, 2.0], atol=1e-8)


def test_onto_a_plane(student):
    """The projection onto a coordinate plane sets the other coordinate to 0."""
    A = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    b = np.array([4.0, -5.0, 6.0])
    assert_close(student.project(A, b), [4.0, -5.0, 0.0], atol=1e-8)


def test_same_column_twice(student):
    """Repeating a column changes nothing."""
    A = np.ones((3, 2))
    b = np.array([1.0, 2.0, 3.0])
    assert_close(student.project(A, b), [2.0, 2.0, 2.0], atol=1e-8)
