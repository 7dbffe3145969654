"""Public tests of q5: the form of best_rates."""

import math

import pytest

pytestmark = pytest.mark.question("q5")


@pytest.mark.question("q5", hint="Three keys, three positive numbers.")
def test_form(student):
    """best_rates has a positive number for each method."""
    rates = student.value("best_rates")
    assert isinstance(rates, dict), "best_rates must be a dictionary"
    for method in ("sgd", "momentum", "adam"):
        rate = rates.get(method)
        assert isinstance(rate, int | float) and not isinstance(rate, bool), f"{method}: a number"
        assert math.isfinite(rate) and rate > 0, f"{method} must be positive"
