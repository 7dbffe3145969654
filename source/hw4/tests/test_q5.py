"""Public tests of q5: dropout."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q5")


def dropped(student, x, p, training=True, seed=0):
    y = student.dropout(x, p, training, np.random.default_rng(seed))
    assert_shape(y, x.shape, name="the result")
    return as_array(y)


@pytest.mark.question("q5", hint="What is kept is divided by 1 - p, the probability of keeping.")
def test_entries_are_zero_or_scaled(student):
    """With p = 0.8 every entry of an array of ones is 0 or 5."""
    y = dropped(student, np.ones((20, 30)), 0.8)
    kept = y[y != 0]
    assert kept.size > 0, "nothing was kept"
    assert_close(kept, np.full(kept.shape, 5.0), name="what is kept")


# 40,000 entries: the fraction has standard error (0.16 / 40,000)^0.5 = 0.002; 0.015 is seven.
@pytest.mark.question("q5", hint="p is the probability of dropping, not of keeping.")
def test_the_fraction_that_is_dropped(student):
    """With p = 0.2 about a fifth of 40,000 entries is dropped."""
    fraction = (dropped(student, np.ones((200, 200)), 0.2) == 0).mean()
    assert abs(fraction - 0.2) <= 0.015, f"the fraction dropped must be 0.2, got {fraction:.3f}"


@pytest.mark.question("q5", hint="At inference nothing happens: the scaling was done in training.")
def test_inference_returns_x(student):
    """Not in training the result is x, unscaled."""
    x = np.arange(1.0, 7.0).reshape(2, 3)
    assert_close(dropped(student, x, 0.5, training=False), x, name="the result")


@pytest.mark.question("q5", hint="Is there a division by 1 - p = 0?")
def test_the_ends_of_the_range(student):
    """p = 0 keeps everything, p = 1 gives zeros without nan."""
    x = np.arange(1.0, 7.0).reshape(2, 3)
    assert_close(dropped(student, x, 0.0), x, name="p = 0")
    assert_close(dropped(student, x, 1.0), np.zeros((2, 3)), name="p = 1")


@pytest.mark.question("q5", hint="A random number of its own for every entry.")
def test_examples_have_masks_of_their_own(student):
    """The rows of a batch are not all dropped at the same places."""
    mask = dropped(student, np.ones((8, 50)), 0.5) == 0
    assert not (mask == mask[0]).all(), "all examples have the same mask"


@pytest.mark.question("q5", hint="Use gen for every number, and no other source.")
def test_the_generator_decides(student):
    """The same generator state gives the same mask, whatever NumPy's global state is."""
    x = np.ones((6, 10))
    student.seed(1)
    first = dropped(student, x, 0.5, seed=3)
    student.seed(2)
    assert np.array_equal(first, dropped(student, x, 0.5, seed=3)), "something else decides"
    assert not np.array_equal(first, dropped(student, x, 0.5, seed=4)), "gen is not used"


@pytest.mark.question("q5", hint="x[...] = 0 changes the caller's array.")
def test_x_stays_as_it_was(student):
    """x is the same after the call."""
    x = np.ones((5, 7))
    dropped(student, x, 0.5)
    assert (x == 1).all(), "x was changed"
