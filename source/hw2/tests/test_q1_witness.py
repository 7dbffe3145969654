"""Public tests of q1-witness: the form of the numbers, and what they must obey in any case."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q1-witness")

KEYS = ["eta_max", "eta_star", "gd", "hb_eta", "hb_momentum", "hb"]


def number(student, key):
    rates = student.value("rates")
    assert isinstance(rates, dict), "rates must be a dictionary"
    assert rates.get(key) is not None, f'rates["{key}"] has no value yet: fill it in'
    value = rates[key]
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    assert is_number, f'rates["{key}"] must be a number'
    return float(value)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.question("q1-witness", hint="These A have positive eigenvalues: all answers are > 0.")
def test_every_entry_is_a_positive_number(student, key):
    """Every entry is a positive number."""
    assert number(student, key) > 0, f'rates["{key}"] must be positive'


@pytest.mark.parametrize("key", ["gd", "hb_momentum", "hb"])
@pytest.mark.question("q1-witness", hint="Factors of convergent iterations are smaller than 1.")
def test_factors_are_smaller_than_one(student, key):
    """Convergence factors and the momentum are below 1."""
    assert number(student, key) < 1, f'rates["{key}"] must be smaller than 1'


@pytest.mark.question("q1-witness", hint="The best rate must be one that converges.")
def test_the_best_rate_converges(student):
    """The best learning rate is smaller than the bound."""
    assert number(student, "eta_star") < number(student, "eta_max"), (
        "eta_star must lie below eta_max"
    )


@pytest.mark.question("q1-witness", hint="Momentum replaces kappa by its square root.")
def test_momentum_helps(student):
    """The heavy ball's factor is smaller than gradient descent's."""
    assert number(student, "hb") < number(student, "gd"), "the heavy ball must be faster"
