"""Hidden tests of q6-witness: the judge runs gradient descent itself."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_integer

pytestmark = pytest.mark.question("q6-witness")


def entry(student, key):
    given = student.value("unlucky")
    assert isinstance(given, dict) and key in given, f'unlucky["{key}"] is missing'
    return given[key]


@pytest.mark.question("q6-witness", weight=1, hint="Gradient descent leaves the saddle again.")
def test_the_start_leads_to_the_saddle(student):
    """Gradient descent with rate 0.1 is at the saddle after 200 steps."""
    # On y = -x the error shrinks by 0.9 or faster: below 1e-9. Off it by 1e-8 it grows by 1.1.
    start = as_array(entry(student, "start"), name="start").astype(float)
    assert start.shape == (2,) and np.isfinite(start).all(), "two finite numbers are needed"
    assert ((np.abs(start) >= 0.1) & (np.abs(start) <= 1)).all(), "the start is outside the box"
    x, y = start.tolist()
    for _ in range(200):
        x, y = x - 0.1 * (x**3 - y), y - 0.1 * (y**3 - x)
    assert max(abs(x), abs(y)) <= 1e-6, "the end is not the saddle"


@pytest.mark.question("q6-witness", weight=1, hint="Insert into the bound of q6 (b).")
def test_the_number_of_steps(student):
    """2 L (f(w0) - f_inf) / eps^2 = 2 * 4 * 0.5 / 1e-4."""
    assert assert_integer(entry(student, "steps"), name="steps") == 40_000, "not the bound's number"
