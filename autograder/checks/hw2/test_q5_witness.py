"""Hidden tests of q5-witness: three limits on w1 + 2 w2 + 2 w3 = 9."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q5-witness")

A = np.array([1.0, 2.0, 2.0])


def point(student, key):
    given = student.value("limits")
    assert isinstance(given, dict) and key in given, f'limits["{key}"] is missing'
    found = as_array(given[key], name=key)
    assert found.shape == (3,) and np.isfinite(found).all(), "three finite numbers are needed"
    return found.astype(float)


@pytest.mark.question(
    "q5-witness", weight=1, hint="From 0, gradient descent moves along (1, 2, 2)."
)
def test_gradient_descent(student):
    """The limit from 0 is 9 (1, 2, 2) / 9."""
    assert np.abs(point(student, "gd") - A).max() <= 1e-6, 'limits["gd"] is not right'


@pytest.mark.question(
    "q5-witness", weight=1, hint="Gradient descent from start does not end there."
)
def test_the_start(student):
    """Gradient descent from start ends at (3, 3, 0), and start is elsewhere."""
    start, end = point(student, "start"), np.array([3.0, 3.0, 0.0])
    assert np.linalg.norm(start - end) >= 0.1, "the start is the end"
    limit = start - A * (A @ start - 9) / (A @ A)
    assert np.abs(limit - end).max() <= 1e-6, "gradient descent ends elsewhere"


@pytest.mark.question("q5-witness", weight=1, hint="Adam's steps do not see the sizes 1, 2 and 2.")
def test_adam(student):
    """Adam moves along (1, 1, 1) until it arrives: 9 / 5 in each coordinate."""
    assert np.abs(point(student, "adam") - 9 / 5).max() <= 1e-6, 'limits["adam"] is not right'
