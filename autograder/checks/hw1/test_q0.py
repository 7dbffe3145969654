"""Hidden tests of q0: the answers."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q0")

TEXT = {
    "timeline": "DAGHEBCF",  # 1943, 1957, 1969, 1980, 1986, 1989, 2012, 2015
    "who": "DFCBAE",
    "steps": "3452",
    "minsky": "ABC",
    "delta_sign": "B",
}
NUMBERS = {
    "alexnet": 50.0,  # 60e6 / 1.2e6
    "delta_last": -0.125,  # (1/2 - 1) * 1/2 * 1/2
    "xavier_std": 0.05,  # 400 ** -0.5
    "path_degree": 4.0,
}


def answer(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict) and key in warmup, f'warmup["{key}"] is missing'
    return warmup[key]


def letters(text):
    assert isinstance(text, str), "a string is needed"
    return "".join(sign for sign in text.upper() if sign.isalnum())


@pytest.mark.parametrize("key", list(TEXT))
@pytest.mark.question("q0", weight=5, hint="One of items 1, 2, 3, 5, 7: read its slide again.")
def test_items_in_letters(student, key):
    """Answers in letters and digits are right; the order matters except in "minsky"."""
    found = letters(answer(student, key))
    if key == "minsky":
        found = "".join(sorted(found))
    assert found == TEXT[key], f'warmup["{key}"] is not right'


@pytest.mark.parametrize("key", list(NUMBERS))
@pytest.mark.question("q0", weight=4, hint="One of items 6, 8, 9, 10: compute it again.")
def test_items_in_numbers(student, key):
    """Numeric answers are right to ten digits."""
    found = answer(student, key)
    assert isinstance(found, int | float | np.number), "a number is needed"
    assert abs(float(found) - NUMBERS[key]) <= 1e-10 * abs(NUMBERS[key]), (
        f'warmup["{key}"] is not right'
    )


@pytest.mark.question("q0", weight=1, hint="Item 4: which of the two is a minimum over the space?")
def test_the_classical_view(student):
    """A larger space has a smaller approximation and, classically, a larger estimation error."""
    pair = answer(student, "classical")
    assert isinstance(pair, tuple | list) and [letters(w) for w in pair] == ["DOWN", "UP"]
