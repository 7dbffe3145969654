"""Public tests of q2: initial weights."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_finite, assert_shape

pytestmark = pytest.mark.question("q2")

SCHEMES = ["lecun", "xavier", "he"]


def weights(student, fan_in, fan_out, scheme, seed=0):
    W = student.init_weight(fan_in, fan_out, scheme, np.random.default_rng(seed))
    assert_shape(W, (fan_out, fan_in), name="the weights")
    assert_finite(W, name="the weights")
    return as_array(W)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.question("q2", hint="W v has one row per output: outputs first.")
def test_the_shape_is_outputs_first(student, scheme):
    """The weights have shape (fan_out, fan_in) and are float64."""
    assert weights(student, 5, 3, scheme).dtype == np.float64, "the weights must be float64"


# The mean of n = 250,000 squares of a variable of kurtosis <= 3 has the relative standard error
# (2 / n)^0.5 = 0.0028, and the mean itself n^-0.5 = 0.002 standard deviations. 0.02 is seven of the
# larger.
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.question("q2", hint="scale= wants a standard deviation; a scheme is a variance.")
def test_the_variance_of_a_square_layer(student, scheme):
    """With 500 inputs and 500 outputs the entries have mean 0 and the variance of the scheme."""
    W = weights(student, 500, 500, scheme)
    variance = {"lecun": 1 / 500, "xavier": 1 / 500, "he": 2 / 500}[scheme]
    off = abs(W.mean()) / variance**0.5
    assert off <= 0.02, f"the mean must be 0, got {W.mean():.2g}"
    ratio = (W**2).mean() / variance
    assert abs(ratio - 1) <= 0.02, f"the variance must be {variance:.3g}, got {ratio:.3f} of it"


@pytest.mark.question("q2", hint="Fan-in is the number of inputs: the columns.")
def test_he_on_a_layer_that_narrows(student):
    """With 1000 inputs and 250 outputs the variance of "he" is 2/1000."""
    ratio = (weights(student, 1000, 250, "he") ** 2).mean() / (2 / 1000)
    assert abs(ratio - 1) <= 0.02, f"the variance must be 0.002, got {ratio:.3f} of it"


@pytest.mark.question("q2", hint="Use gen for every number, and no other source.")
def test_the_generator_decides(student):
    """The same generator state gives the same weights, whatever NumPy's global state is."""
    student.seed(1)
    first = weights(student, 6, 4, "he", seed=3)
    student.seed(2)
    second = weights(student, 6, 4, "he", seed=3)
    assert np.array_equal(first, second), "the weights depend on something other than gen"
    other = weights(student, 6, 4, "he", seed=4)
    assert not np.array_equal(first, other), "another generator must give other weights"


def test_an_unknown_scheme_is_refused(student):
    """An unknown scheme raises a ValueError."""
    with pytest.raises(ValueError):
        student.init_weight(3, 3, "zeros", np.random.default_rng(0))
