"""Hidden tests of q9: the answers."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q9")

NUMBERS = {
    "nodes": 7.0,  # d - 1
    "crossover": 6.0,  # 100^d / (d 100^2) >= 10^6: 2e5 for d = 5, 1.7e7 for d = 6
    "halving": 32.0,  # sqrt(2)^10
}
PAIRS = {
    "cost": (1e8, 800.0),
    "ternary": (4.0, 3.0),  # (9 - 1) / 2
}


def answer(student, key):
    curse = student.value("curse")
    assert isinstance(curse, dict) and key in curse, f'curse["{key}"] is missing'
    return curse[key]


def close(found, expected):
    return abs(found - expected) <= 1e-9 * expected


@pytest.mark.parametrize("key", list(NUMBERS))
@pytest.mark.question("q9", weight=3, hint="Item 1, 3 or 5: write it down for a small case first.")
def test_numbers(student, key):
    """The numbers are right to nine digits."""
    found = answer(student, key)
    assert isinstance(found, int | float | np.number), "a number is needed"
    assert not isinstance(found, bool), "a number is needed"
    assert close(float(found), NUMBERS[key]), f'curse["{key}"] is not right'


@pytest.mark.parametrize("key", list(PAIRS))
@pytest.mark.question("q9", weight=2, hint="Item 2 or 4: the order of the pair is the statement's.")
def test_pairs(student, key):
    """The pairs are right, in the order of the statement."""
    found = as_array(answer(student, key))
    assert found.shape == (2,) and found.dtype.kind in "iuf", "a pair of numbers is needed"
    assert all(close(float(f), e) for f, e in zip(found, PAIRS[key], strict=True)), "not right"
