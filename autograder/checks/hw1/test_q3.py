"""Hidden tests of q3: closed forms, identities and extreme margins.

Tolerances: the statement promises relative 1e-8 plus absolute 1e-12.
"""

import math

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q3", timeout=4)

TOLERANCE = {"rtol": 1e-8, "atol": 1e-12}


def value(student, m, name):
    """One of the three losses as an array, after the keys have been checked."""
    result = student.losses(m)
    assert isinstance(result, dict) and name in result, f"the key {name} is missing"
    assert_shape(result[name], m.shape, name=name)
    return as_array(result[name])


@pytest.mark.parametrize("shape", [(9,), (3, 4), (2, 1, 5), (1,)])
@pytest.mark.parametrize("name", ["zero_one", "logistic", "hinge"])
@pytest.mark.question("q3", weight=3, hint="Element by element, for arrays of any shape.")
def test_values_and_shapes(student, rng, reference, name, shape):
    """All three losses are right on arrays of several shapes."""
    m = rng.normal(scale=3, size=shape)
    expected = getattr(reference.losses, name)(m)
    assert_close(value(student, m, name), expected, **TOLERANCE, name=name)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.question("q3", weight=2, hint="Very large margins of both signs; no inf, no nan.")
def test_extreme_margins(student, sign):
    """The logistic and hinge losses are finite and right from -10^4 to 10^4."""
    m = sign * np.array([0.0, 40.0, 800.0, 1e4])
    # log(1 + e^-m) = max(-m, 0) + log1p(e^-|m|): Python's own functions, one number at a time
    logistic = np.array([max(-x, 0.0) + math.log1p(math.exp(-abs(x))) for x in m.tolist()])
    hinge = np.array([max(0.0, 1 - x) for x in m.tolist()])
    assert_close(value(student, m, "logistic"), logistic, **TOLERANCE, name="logistic")
    assert_close(value(student, m, "hinge"), hinge, **TOLERANCE, name="hinge")


@pytest.mark.question("q3", weight=1, hint="logistic(m) - logistic(-m) = -m holds for every m.")
def test_the_identity_of_the_logistic_loss(student, rng):
    """logistic(m) - logistic(-m) = -m, and logistic / log 2 lies above the 0-1 loss."""
    m = rng.normal(scale=5, size=50)
    plus, minus = (value(student, sign * m, "logistic") for sign in (1, -1))
    assert_close(plus - minus, -m, rtol=1e-8, atol=1e-10, name="logistic(m) - logistic(-m)")
    zero_one = value(student, m, "zero_one")
    assert_close(zero_one, (m < 0).astype(float), name="zero_one")
    assert (plus / math.log(2) >= zero_one - 1e-12).all(), "the surrogate must lie above"


@pytest.mark.question("q3", weight=1, hint="m stays as it was; strided arrays are arrays too.")
def test_pure_on_strided_arrays(student, rng, reference):
    """A non-contiguous m gives the right losses and is not changed."""
    m = rng.normal(size=(8, 6))[::2, ::3].T
    m[0] = [-3.0, 0.5, 2.0, 5.0]  # both signs, and margins above 1, whatever the draw
    before = m.copy()
    for name in ("zero_one", "logistic", "hinge"):
        expected = getattr(reference.losses, name)(before)
        assert_close(value(student, m, name), expected, **TOLERANCE, name=name)
    assert np.array_equal(m, before), "m was changed"
