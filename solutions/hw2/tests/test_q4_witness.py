"""Public tests of q4-witness: the form of the two answers."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q4-witness")


def entry(student, key):
    attraction = student.value("attraction")
    assert isinstance(attraction, dict), "attraction must be a dictionary"
    assert attraction.get(key) is not None, f'attraction["{key}"] has no value yet: fill it in'
    return as_array(attraction[key], name=key)


def test_the_start_is_a_point_in_the_box(student):
    """saddle_start is a pair of numbers with 0.1 <= |x| <= 2 and |y| <= 2."""
    point = entry(student, "saddle_start")
    assert point.shape == (2,), f"two numbers are needed, got shape {point.shape}"
    x, y = np.abs(point)
    assert 0.1 <= x <= 2 and y <= 2, "the point must have 0.1 <= |x| <= 2 and |y| <= 2"


def test_the_damping_is_a_number_in_range(student):
    """damping is a number from 0 to 100."""
    damping = entry(student, "damping")
    assert damping.shape == (), "damping must be one number"
    assert 0 <= damping <= 100, "damping must be between 0 and 100"
