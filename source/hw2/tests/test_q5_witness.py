"""Public tests of q5-witness: the form of the points, and that they solve the equation."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q5-witness")


def point(student, key):
    limits = student.value("limits")
    assert isinstance(limits, dict), "limits must be a dictionary"
    assert limits.get(key) is not None, f'limits["{key}"] has no value yet: fill it in'
    found = as_array(limits[key], name=key)
    assert found.shape == (3,), f"three numbers are needed, got shape {found.shape}"
    assert np.isfinite(found).all(), "the numbers must be finite"
    return found


@pytest.mark.parametrize("key", ["gd", "adam"])
@pytest.mark.question("q5-witness", hint="At the limit w1 + 2 w2 + 2 w3 must be 9.")
def test_the_limits_solve_the_equation(student, key):
    """Both limits lie on the plane of solutions."""
    residual = point(student, key) @ [1.0, 2.0, 2.0] - 9
    assert abs(residual) <= 1e-5, f'limits["{key}"] leaves the residual {residual:.3g}'


@pytest.mark.question("q5-witness", hint="Another point than (3, 3, 0) itself.")
def test_the_start_is_not_the_end(student):
    """The start is at least 0.1 away from (3, 3, 0)."""
    distance = np.linalg.norm(point(student, "start") - [3.0, 3.0, 0.0])
    assert distance >= 0.1, f"the start must be 0.1 away from (3, 3, 0), got {distance:.3g}"
