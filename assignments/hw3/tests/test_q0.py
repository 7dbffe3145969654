"""Public tests of q0: the form of the answers, not the answers."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q0")

LETTERS = ["maximum", "cybenko"]
PAIRS = ["degree", "layers", "budget"]


def entry(student, key):
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    assert warmup.get(key) is not None, f'warmup["{key}"] has no value yet: fill it in'
    return warmup[key]


def test_warmup_has_the_six_keys(student):
    """warmup is a dictionary with exactly the six keys of the statement."""
    warmup = student.value("warmup")
    assert isinstance(warmup, dict), "warmup must be a dictionary"
    expected = {*LETTERS, *PAIRS, "beats"}
    missing, extra = expected - set(warmup), set(warmup) - expected
    assert not missing, f"warmup lacks {sorted(missing)}"
    assert not extra, f"warmup has keys that nobody asked for: {sorted(map(str, extra))}"


@pytest.mark.parametrize("key", LETTERS)
def test_choices_are_one_letter(student, key):
    """Items with a choice are answered by one letter from A to D."""
    answer = entry(student, key)
    assert isinstance(answer, str), f'warmup["{key}"] must be a string'
    assert answer.strip().upper() in {"A", "B", "C", "D"}, "one letter from A to D is needed"


@pytest.mark.parametrize("key", PAIRS)
def test_pairs_are_two_whole_numbers(student, key):
    """Items in numbers are pairs of positive whole numbers."""
    answer = entry(student, key)
    assert isinstance(answer, tuple | list | np.ndarray), f'warmup["{key}"] must be a pair'
    assert len(answer) == 2, f'warmup["{key}"] must be a pair'
    numbers = as_array(answer, name=f'warmup["{key}"]')
    assert numbers.dtype.kind in "iuf", f'warmup["{key}"] must hold numbers'
    assert (numbers > 0).all() and (numbers % 1 == 0).all(), "positive whole numbers are needed"


@pytest.mark.question("q0", hint="Shapes (2, 1), (2, 2), (1, 2), and (2,), (2,), (1,).")
def test_the_network_has_the_right_shapes(student):
    """warmup["beats"] is (Ws, bs) with the three shapes each that the statement names."""
    answer = entry(student, "beats")
    assert isinstance(answer, tuple | list) and len(answer) == 2, "a pair (Ws, bs) is needed"
    for part, shapes in zip(answer, ([(2, 1), (2, 2), (1, 2)], [(2,), (2,), (1,)]), strict=True):
        assert isinstance(part, tuple | list) and len(part) == 3, "Ws and bs have three entries"
        found = [as_array(array, name="an entry of the network") for array in part]
        assert [array.shape for array in found] == shapes, f"the shapes must be {shapes}"
        assert all(np.isfinite(array).all() for array in found), "the numbers must be finite"
