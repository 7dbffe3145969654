"""Public tests of q6-witness: the form of the two answers."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_integer

pytestmark = pytest.mark.question("q6-witness")


def entry(student, key):
    unlucky = student.value("unlucky")
    assert isinstance(unlucky, dict), "unlucky must be a dictionary"
    assert unlucky.get(key) is not None, f'unlucky["{key}"] has no value yet: fill it in'
    return unlucky[key]


def test_the_start_is_a_point_in_the_box(student):
    """start is a pair of numbers between 0.1 and 1 in modulus."""
    found = as_array(entry(student, "start"), name="start")
    assert found.shape == (2,), f"two numbers are needed, got shape {found.shape}"
    inside = (np.abs(found) >= 0.1) & (np.abs(found) <= 1)
    assert inside.all(), "both coordinates must lie between 0.1 and 1 in modulus"


def test_the_number_of_steps_is_a_number_of_steps(student):
    """steps is a positive int."""
    assert assert_integer(entry(student, "steps"), name="steps") > 0, "steps must be positive"
