"""Public tests of q1: predictions are there, in the right form."""

import math

import pytest

pytestmark = pytest.mark.question("q1")

RANGES = {  # key -> closed interval
    "std_small": (1e-30, 10.0),
    "std_xavier": (1e-30, 10.0),
    "gradient_ratio": (1e-30, 1e30),
    "plain_accuracy": (0.0, 1.0),
    "residual_accuracy": (0.0, 1.0),
}


def prediction(student, key):
    predictions = student.value("predictions")
    assert isinstance(predictions, dict), "predictions must be a dictionary"
    assert key in predictions, f'predictions["{key}"] is missing'
    return predictions[key]


@pytest.mark.parametrize("key", list(RANGES))
@pytest.mark.question("q1", weight=5, hint="A number in the range that the statement gives.")
def test_numbers(student, key):
    """Each prediction is a number in its range."""
    value = prediction(student, key)
    assert isinstance(value, int | float) and not isinstance(value, bool), f"{key}: not a number"
    low, high = RANGES[key]
    assert math.isfinite(value) and low <= value <= high, f"{key} must be in [{low:g}, {high:g}]"


@pytest.mark.question("q1", weight=1, hint="True or False.")
def test_yes_or_no(student):
    """chaos_trains is True or False."""
    assert isinstance(prediction(student, "chaos_trains"), bool), "True or False is needed"


@pytest.mark.question("q1", weight=1, hint="Say in words what the ratio rests on.")
def test_reason(student):
    """The reason has at least 40 characters."""
    reason = prediction(student, "reason")
    assert isinstance(reason, str) and len(" ".join(reason.split())) >= 40, "say a little more"
