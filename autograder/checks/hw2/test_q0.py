"""Hidden tests of q0: the answers."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q0")

TEXT = {
    "timeline": "GEBCDFA",  # 1847, 1951, 1964, 1983, 2011, 2012, 2014
    "rescale": "CDEF",
    "saddles": "BD",
    "nesterov_torch": "B",
    "newton_goal": "B",
}
ANY_ORDER = ("rescale", "saddles")
NUMBERS = {
    "weights_per_core": 62_500.0,  # 1e9 / 16_000
    "gd_sum": 2e-4,  # 0.1 / 500
    "momentum_terminal": 20.0,  # 1 / (1 - 0.95)
    "adagrad_slide": 0.6,  # 3e-4 / sqrt(9e-8 + 16e-8)
    "adam_uncorrected": 10.0,  # (1 - 0.9) / sqrt(1 - 0.9999)
}


def answer(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict) and key in warmup, f'warmup["{key}"] is missing'
    return warmup[key]


@pytest.mark.parametrize("key", list(TEXT))
@pytest.mark.question("q0", weight=1, hint="One of items 1, 5, 6, 7, 10: read its slide again.")
def test_items_in_letters(student, key):
    """Answers in letters are right, whatever stands between them; order matters in "timeline"."""
    text = answer(student, key)
    assert isinstance(text, str), "a string is needed"
    found = "".join(letter for letter in text.upper() if letter.isalpha())
    if key in ANY_ORDER:
        found = "".join(sorted(found))
    assert found == TEXT[key], f'warmup["{key}"] is not right'


@pytest.mark.parametrize("key", list(NUMBERS))
@pytest.mark.question("q0", weight=1, hint="One of items 2, 3, 4, 8, 9: compute it again.")
def test_items_in_numbers(student, key):
    """Numeric answers are right to nine digits."""
    found = answer(student, key)
    is_number = isinstance(found, int | float | np.number) and not isinstance(found, bool)
    assert is_number, "a number is needed"
    assert abs(float(found) - NUMBERS[key]) <= 1e-9 * NUMBERS[key], f'warmup["{key}"] is not right'
