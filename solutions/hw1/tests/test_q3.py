"""Public tests of q3: the losses of a margin."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_shape

pytestmark = pytest.mark.question("q3", timeout=4)


def three(student, m):
    """The student's losses of m, with the keys checked."""
    result = student.losses(m)
    assert isinstance(result, dict), "losses must return a dictionary"
    assert set(result) == {"zero_one", "logistic", "hinge"}, f"wrong keys: {list(result)}"
    return result


@pytest.mark.question("q3", hint="Positive margins are right: what should each loss say there?")
def test_values_on_paper(student):
    """At m = -2, 0.5, 3 the losses are what one gets on paper."""
    result = three(student, np.array([-2.0, 0.5, 3.0]))
    assert_close(result["zero_one"], np.array([1.0, 0.0, 0.0]), name="zero_one")
    assert_close(result["hinge"], np.array([3.0, 0.5, 0.0]), name="hinge")
    logistic = np.array([2.1269280110429727, 0.4740769841801067, 0.04858735157374206])
    assert_close(result["logistic"], logistic, name="logistic")


@pytest.mark.question("q3", hint="The natural logarithm of 2 is 0.693...")
def test_logistic_at_zero_is_log_two(student):
    """The logistic loss of margin 0 is log 2, the hinge loss is 1."""
    result = three(student, np.zeros(1))
    assert_close(result["logistic"], np.array([np.log(2.0)]), name="logistic")
    assert_close(result["hinge"], np.ones(1), name="hinge")


@pytest.mark.question("q3", hint="Element by element: no mean, no sum, any number of axes.")
def test_the_shape_is_kept(student, rng):
    """A (2, 3) array of margins gives three (2, 3) arrays of losses."""
    for name, value in three(student, rng.normal(size=(2, 3))).items():
        assert_shape(value, (2, 3), name=name)


@pytest.mark.question("q3", hint="exp(10000) is inf. Which exponent is safe for a negative margin?")
def test_a_terribly_wrong_prediction_has_a_finite_loss(student):
    """At m = -10000 the logistic loss is 10000, not infinity."""
    result = three(student, np.array([-1e4]))
    assert_close(result["logistic"], np.array([1e4]), atol=1e-12, name="logistic")
