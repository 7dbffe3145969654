"""Public tests of q4-maps: the form of the answers."""

import pytest

from autograder.testing import as_array, assert_integer

pytestmark = pytest.mark.question("q4-maps")


def entry(student, key):
    maps = student.value("maps")
    assert isinstance(maps, dict), "maps must be a dictionary"
    assert maps.get(key) is not None, f'maps["{key}"] has no value yet: fill it in'
    return maps[key]


@pytest.mark.question("q4-maps", hint="Some of the 44 maps are equal, so there are fewer than 44.")
def test_maps_is_a_count(student):
    """maps["maps"] is a whole number between 1 and 44."""
    number = assert_integer(entry(student, "maps"), name='maps["maps"]')
    assert 1 <= number <= 44, "a whole number between 1 and 44 is needed"


@pytest.mark.question("q4-maps", hint="One sign for each unit of the second layer.")
def test_signs_are_four_signs(student):
    """maps["signs"] is four numbers, each -1 or +1."""
    signs = as_array(entry(student, "signs"), name='maps["signs"]')
    assert signs.shape == (4,), f"four signs are needed, got shape {signs.shape}"
    assert (abs(signs) == 1).all(), "each sign must be -1 or +1"
