"""Public tests of q2: activation_stats."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_finite, assert_shape

pytestmark = pytest.mark.question("q2")


@pytest.mark.question("q2", hint="One number for each layer.")
def test_form(student, rng):
    """The result has one finite, positive number for each layer."""
    found = student.activation_stats(rng.normal(size=(20, 30)), 4, 50, "he", "relu", 0)
    assert_shape(found, (4,))
    assert_finite(found)
    assert (as_array(found) > 0).all(), "a standard deviation is positive"


@pytest.mark.question("q2", hint="While tanh is nearly the identity: std 0.01 times sqrt(width).")
def test_small_weights(student, rng):
    """Weights of 0.01 and 400 units: the standard deviation shrinks about fivefold a layer."""
    X = rng.normal(size=(50, 400))
    found = as_array(student.activation_stats(X, 3, 400, 0.01, "tanh", 1)).astype(float)
    assert_shape(found, (3,))
    assert_close(found[1:] / found[:-1], np.full(2, 0.2), rtol=0.1, name="ratios of layers")


@pytest.mark.question("q2", hint="What does the seed decide?")
def test_seeds(student, rng):
    """One seed gives the same numbers twice, another seed gives others."""
    X = rng.normal(size=(10, 20))
    one, again, other = (
        as_array(student.activation_stats(X, 3, 30, "xavier", "tanh", seed)) for seed in (4, 4, 5)
    )
    assert np.array_equal(one, again), "two calls with one seed differ"
    assert not np.array_equal(one, other), "the seed is not used"
