"""Hidden tests of q0: the answers."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q0")

TEXT = {
    "timeline": "FCBDAE",  # 1980, 1997, 2012, 2014, 2015, 2016
    "resnet_1202": "B",
    "relu": "ABD",
    "small_init": "D",
    "unit": "ABD",
}
NUMBERS = {
    "conv_bias": 688.0,  # 16 + 6 * (16 + 32 + 64)
    "bn_output": -1.0,  # 2 * (1 - 2) / 1 + 1
    "whitening": 0.8,
    "slide_xavier": 9.765625e-14,  # 20 ** -10
}
TOLERANCE = 1e-9


def answer(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict) and key in warmup, f'warmup["{key}"] is missing'
    return warmup[key]


def number(value):
    assert isinstance(value, int | float | np.number) and not isinstance(value, bool), "a number"
    return float(value)


@pytest.mark.parametrize("key", list(TEXT))
@pytest.mark.question("q0", weight=5, hint="One of items 1, 3, 4, 9, 10: read its slide again.")
def test_items_in_letters(student, key):
    """Answers in letters are right; the order matters in "timeline" only."""
    found = answer(student, key)
    assert isinstance(found, str), "a string is needed"
    found = "".join(letter for letter in found.upper() if letter.isalpha())
    if key in ("relu", "unit"):
        found = "".join(sorted(found))
    assert found == TEXT[key], f'warmup["{key}"] is not right'


@pytest.mark.parametrize("key", list(NUMBERS))
@pytest.mark.question("q0", weight=4, hint="One of items 5, 6, 7, 8: compute it again.")
def test_items_in_numbers(student, key):
    """Numeric answers are right to nine digits."""
    found = number(answer(student, key))
    assert abs(found - NUMBERS[key]) <= TOLERANCE * abs(NUMBERS[key]), (
        f'warmup["{key}"] is not right'
    )


@pytest.mark.question("q0", weight=1, hint="Item 2: 3x3 three times, 7x7 once; draw the windows.")
def test_three_small_filters_and_a_large_one(student):
    """27 C^2 against 49 C^2 weights for the same window of 7 pixels."""
    found = answer(student, "vgg")
    assert isinstance(found, tuple | list) and len(found) == 3, "three numbers are needed"
    assert [number(value) for value in found] == [27, 49, 7], 'warmup["vgg"] is not right'
