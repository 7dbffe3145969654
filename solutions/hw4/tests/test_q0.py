"""Public tests of q0: the form of the answers, not the answers."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q0")

TEXT = {"timeline": 6, "resnet_1202": 1, "relu": None, "small_init": 1, "unit": None}
NUMBERS = ["conv_bias", "bn_output", "whitening", "slide_xavier"]


def is_number(value):
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def entry(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    assert warmup.get(key) is not None, f'warmup["{key}"] has no value yet: fill it in'
    return warmup[key]


def test_warmup_has_the_ten_keys(student):
    """warmup is a dictionary with exactly the ten keys of the statement."""
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    expected = {*TEXT, *NUMBERS, "vgg"}
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
    assert wanted in (None, length), f'warmup["{key}"] must have {wanted} characters, got {length}'


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers_are_numbers(student, key):
    """Numeric answers are plain numbers."""
    assert is_number(entry(student, key)), f'warmup["{key}"] must be a number'


def test_vgg_is_three_numbers(student):
    """warmup["vgg"] holds three numbers."""
    answer = entry(student, "vgg")
    assert isinstance(answer, tuple | list) and len(answer) == 3, "it must hold three numbers"
    assert all(is_number(value) for value in answer), "it must hold three numbers"
