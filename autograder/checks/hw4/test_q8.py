"""Hidden tests of q8: the numbers of ten saturated tanh layers.

Mean-field values at sw2 = 500, sb2 = 0: q* = 481.84, chi1 = 12.112, P(|v| > 0.99) = 0.9040, and
4.5 log10(chi1) = 4.874 (docs/derivations/hw4_check.py). Over twenty random networks of width 500
the same numbers, measured on 200 inputs, scatter by 0.0003 (saturated), 0.2 (chi) and 0.03
(log10_ratio). The tolerances are six of these or more, so either way of answering passes.
"""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q8")

VALUES = {  # key: value, absolute tolerance
    "saturated": (0.9040, 0.005),
    "chi": (12.112, 0.1 * 12.112),
    "log10_ratio": (4.8745, 0.25),
    "exponent": (0.5, 0.05),
}


def answer(student, key):
    std_one = student.value("std_one")
    assert isinstance(std_one, dict) and key in std_one, f'std_one["{key}"] is missing'
    return std_one[key]


@pytest.mark.parametrize("key", list(VALUES))
@pytest.mark.question(
    "q8", weight=4, hint="A number is off: q* on a fine grid, norms are roots, nine steps."
)
def test_numbers(student, key):
    """The four numbers agree with theory within the tolerances of the statement."""
    found = answer(student, key)
    assert isinstance(found, int | float | np.number) and not isinstance(found, bool), "a number"
    value, tolerance = VALUES[key]
    assert abs(float(found) - value) <= tolerance, f'std_one["{key}"] is not right'


@pytest.mark.question("q8", weight=1, hint="Is the factor above or below one?")
def test_the_verdict(student):
    """The slide is wrong: gradients do not vanish, they explode."""
    assert answer(student, "verdict") == "explode", "the verdict is not right"
