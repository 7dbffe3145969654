"""Public tests of q8: the form of the answers, not the answers."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q8")

NUMBERS = ["saturated", "chi", "log10_ratio", "exponent"]


def entry(student, key):
    std_one = student.value("std_one")
    assert isinstance(std_one, dict), "std_one must be a dictionary"
    assert std_one.get(key) is not None, f'std_one["{key}"] has no value yet: fill it in'
    return std_one[key]


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers_are_finite_numbers(student, key):
    """Numeric answers are plain finite numbers."""
    value = entry(student, key)
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    assert is_number and np.isfinite(value), f'std_one["{key}"] must be a finite number'


@pytest.mark.question("q8", hint='Write "explode" or "vanish", in small letters.')
def test_the_verdict_is_one_of_two_words(student):
    """std_one["verdict"] is "explode" or "vanish"."""
    assert entry(student, "verdict") in ("explode", "vanish"), 'it must be "explode" or "vanish"'


@pytest.mark.question("q8", hint="A fraction is a number between 0 and 1, not per cent.")
def test_the_fraction_is_a_fraction(student):
    """std_one["saturated"] lies between 0 and 1."""
    value = entry(student, "saturated")
    assert isinstance(value, int | float | np.number) and 0 <= value <= 1, "it must be in [0, 1]"
