"""Hidden tests of q1-witness: the six numbers, from the eigenvalues 2 and 50."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q1-witness")

RIGHT = {
    "eta_max": 1 / 25,  # 2 / 50
    "eta_star": 1 / 26,  # 2 / (2 + 50)
    "gd": 12 / 13,  # (25 - 1) / (25 + 1)
    "hb_eta": 1 / 18,  # 4 / (sqrt 50 + sqrt 2)^2 = 4 / 72
    "hb_momentum": 4 / 9,
    "hb": 2 / 3,  # (5 - 1) / (5 + 1)
}


@pytest.mark.parametrize("key", list(RIGHT))
@pytest.mark.question("q1-witness", weight=1, hint="Check the eigenvalues of A, then the formulas.")
def test_the_numbers(student, key):
    """Each number is right to nine digits."""
    rates = student.value("rates")
    assert isinstance(rates, dict) and key in rates, f'rates["{key}"] is missing'
    found = rates[key]
    is_number = isinstance(found, int | float | np.number) and not isinstance(found, bool)
    assert is_number, "a number is needed"
    assert abs(float(found) - RIGHT[key]) <= 1e-9 * RIGHT[key], f'rates["{key}"] is not right'
