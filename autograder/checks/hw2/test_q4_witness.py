"""Hidden tests of q4-witness: the judge runs Newton's method on x^4/4 - x^2/2 + y^2/2 itself."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q4-witness")


def entry(student, key):
    given = student.value("attraction")
    assert isinstance(given, dict) and key in given, f'attraction["{key}"] is missing'
    found = as_array(given[key], name=key).astype(float)
    assert np.isfinite(found).all(), f'attraction["{key}"] must be finite'
    return found


def newton(point, damping, steps):
    """The end of Newton's method with constant damping; NaN if it divides by zero."""
    x, y = float(point[0]), float(point[1])
    for _ in range(steps):
        curvature = 3 * x**2 - 1 + damping
        if curvature == 0 or abs(x) > 1e100:
            return np.array([np.nan, np.nan])
        x, y = x - (x**3 - x) / curvature, y - y / (1 + damping)
    return np.array([x, y])


@pytest.mark.question("q4-witness", weight=1, hint="From this start Newton does not find (0, 0).")
def test_the_saddle_attracts(student):
    """Undamped, Newton's method converges from saddle_start to (0, 0)."""
    point = entry(student, "saddle_start")
    assert point.shape == (2,), "two numbers are needed"
    assert 0.1 <= abs(point[0]) <= 2 and abs(point[1]) <= 2, "the start is outside the box"
    assert np.abs(newton(point, 0.0, 50)).max() <= 1e-6, "the end is not the saddle"


@pytest.mark.question("q4-witness", weight=1, hint="With this damping it finds neither minimum.")
def test_damping_finds_a_minimum(student):
    """With the damping, Newton's method from (0.3, 1) converges to (1, 0) or (-1, 0)."""
    damping = entry(student, "damping")
    assert damping.shape == () and 0 <= damping <= 100, "a number from 0 to 100 is needed"
    end = np.abs(newton((0.3, 1.0), float(damping), 2000))
    assert np.abs(end - [1.0, 0.0]).max() <= 1e-6, "the end is not a minimum"
