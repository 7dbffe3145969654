"""Public tests of q0: the form of the answers, not the answers."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q0")

TEXT = {
    "timeline": 7,
    "rescale": None,
    "saddles": None,
    "nesterov_torch": 1,
    "newton_goal": 1,
}
NUMBERS = ["weights_per_core", "gd_sum", "momentum_terminal", "adagrad_slide", "adam_uncorrected"]


def entry(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    assert warmup.get(key) is not None, f'warmup["{key}"] has no value yet: fill it in'
    return warmup[key]


def test_warmup_has_the_ten_keys(student):
    """warmup is a dictionary with exactly the ten keys of the statement."""
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    expected = {*TEXT, *NUMBERS}
    missing, extra = expected - set(warmup), set(warmup) - expected
    assert not missing, f"warmup lacks {sorted(missing)}"
    assert not extra, f"warmup has keys that nobody asked for: {sorted(map(str, extra))}"


@pytest.mark.parametrize("key", list(TEXT))
def test_answers_in_letters_have_the_right_form(student, key):
    """Answers in letters are strings of the length that the statement asks for."""
    answer = entry(student, key)
    assert isinstance(answer, str), f'warmup["{key}"] must be a string'
    length = len("".join(answer.split()))
    wanted = TEXT[key]
    assert length > 0, f'warmup["{key}"] is empty'
    assert wanted in (None, length), f'warmup["{key}"] must have {wanted} letters, got {length}'


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers_are_numbers(student, key):
    """Numeric answers are plain numbers."""
    answer = entry(student, key)
    is_number = isinstance(answer, int | float | np.number) and not isinstance(answer, bool)
    assert is_number, f'warmup["{key}"] must be a number'
