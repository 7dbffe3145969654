"""Public tests of q9: the form of the answers."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q9")

NUMBERS, PAIRS = ["nodes", "crossover", "halving"], ["cost", "ternary"]


def entry(student, key):
    curse = student.value("curse")
    assert isinstance(curse, dict), "curse must be a dictionary"
    assert curse.get(key) is not None, f'curse["{key}"] has no value yet: fill it in'
    return curse[key]


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers_are_numbers(student, key):
    """Items 1, 3 and 5 are positive numbers."""
    answer = entry(student, key)
    is_number = isinstance(answer, int | float | np.number) and not isinstance(answer, bool)
    assert is_number and answer > 0, f'curse["{key}"] must be a positive number'


@pytest.mark.parametrize("key", PAIRS)
def test_pairs_are_pairs(student, key):
    """Items 2 and 4 are pairs of positive numbers."""
    answer = entry(student, key)
    assert isinstance(answer, tuple | list | np.ndarray), f'curse["{key}"] must be a pair'
    assert len(answer) == 2, f'curse["{key}"] must be a pair'
    numbers = as_array(answer, name=f'curse["{key}"]')
    assert numbers.dtype.kind in "iuf" and (numbers > 0).all(), "positive numbers are needed"
