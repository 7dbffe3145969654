"""Public tests of q0: the form of the answers, not the answers."""

import numpy as np
import pytest

pytestmark = pytest.mark.question("q0")

TEXT = {"timeline": 8, "who": 6, "steps": 4, "minsky": None, "delta_sign": 1}
NUMBERS = ["alexnet", "delta_last", "xavier_std", "path_degree"]


def entry(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    assert warmup.get(key) is not None, f'warmup["{key}"] has no value yet: fill it in'
    return warmup[key]


def test_warmup_has_the_ten_keys(student):
    """warmup is a dictionary with exactly the ten keys of the statement."""
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    expected = {*TEXT, *NUMBERS, "classical"}
    missing, extra = expected - set(warmup), set(warmup) - expected
    assert not missing, f"warmup lacks {sorted(missing)}"
    assert not extra, f"warmup has keys that nobody asked for: {sorted(map(str, extra))}"


@pytest.mark.parametrize("key", list(TEXT))
def test_answers_in_letters_have_the_right_form(student, key):
    """Answers in letters or digits are strings of the length that the statement asks for."""
    answer = entry(student, key)
    assert isinstance(answer, str), f'warmup["{key}"] must be a string'
    length = len("".join(answer.split()))
    wanted = TEXT[key]
    assert length > 0, f'warmup["{key}"] is empty'
    assert wanted in (None, length), f'warmup["{key}"] must have {wanted} characters, got {length}'


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers_are_numbers(student, key):
    """Numeric answers are plain numbers."""
    answer = entry(student, key)
    is_number = isinstance(answer, int | float | np.number) and not isinstance(answer, bool)
    assert is_number, f'warmup["{key}"] must be a number'


def test_classical_is_a_pair_of_directions(student):
    """warmup["classical"] is a pair made of the words "up" and "down"."""
    answer = entry(student, "classical")
    assert isinstance(answer, tuple | list) and len(answer) == 2, "it must be a pair"
    words = [word.lower() if isinstance(word, str) else None for word in answer]
    assert set(words) <= {"up", "down"}, 'each must be "up" or "down"'
