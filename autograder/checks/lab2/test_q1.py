"""Hidden tests of q1: five numbers, five thoughts; the public tests carry most of the mark."""

import pytest

pytestmark = pytest.mark.question("q1")


@pytest.mark.question("q1", weight=3, hint="The same number for everything is no prediction.")
def test_the_numbers_are_not_all_the_same(student):
    """At least three different numbers."""
    predictions = student.value("predictions")
    keys = ("std_small", "std_xavier", "gradient_ratio", "plain_accuracy", "residual_accuracy")
    numbers = [predictions.get(k) for k in keys] if isinstance(predictions, dict) else []
    assert all(type(v) in (int, float) for v in numbers), "five numbers are needed"
    assert len(set(numbers)) >= 3, "nearly all predictions are the same number"
