"""Public tests of q5: teeth, and the parabola made of them."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_shape

pytestmark = pytest.mark.question("q5")


@pytest.mark.question("q5", hint="tent(1/4) = 1/2, and the tent of that is 1.")
def test_one_and_two_tents(student):
    """tent_1 and tent_2 have the values that one gets on paper."""
    x = np.array([0.0, 0.125, 0.25, 0.5, 0.75, 1.0])
    one, two = np.array([0, 0.25, 0.5, 1, 0.5, 0]), np.array([0, 0.5, 1, 0, 1, 0])
    assert_close(student.tent(x, 1), one, rtol=0, atol=1e-9, name="tent(x, 1)")
    assert_close(student.tent(x, 2), two, rtol=0, atol=1e-9, name="tent(x, 2)")


@pytest.mark.question("q5", hint="Apply the whole function again: k compositions, 2^(k-1) teeth.")
def test_five_tents_have_sixteen_teeth(student):
    """tent_5 is 0 and 1 in turn at the multiples of 1/32."""
    values = student.tent(np.arange(33) / 32, 5)
    assert_close(values, np.arange(33) % 2, rtol=0, atol=1e-9, name="tent(x, 5)")


@pytest.mark.question("q5", hint="q_0 is x; q_1 subtracts tent / 4.")
def test_the_first_parabolas(student):
    """q_0 = x, and q_1 and q_2 have the values that one gets on paper."""
    x = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    for m, values in [
        (0, [0, 0.25, 0.5, 0.75, 1]),
        (1, [0, 0.125, 0.25, 0.625, 1]),
        (2, [0, 0.0625, 0.25, 0.5625, 1]),
    ]:
        found = student.square_relu(x, m)
        assert_close(found, np.array(values), rtol=0, atol=1e-12, name=f"square_relu(x, {m})")


@pytest.mark.question("q5", hint="Elementwise, for any number of axes.")
def test_shapes_are_kept(student, rng):
    """A (2, 3) array gives (2, 3) arrays."""
    x = rng.random((2, 3))
    assert_shape(student.tent(x, 3), (2, 3), name="tent")
    assert_shape(student.square_relu(x, 3), (2, 3), name="square_relu")


@pytest.mark.question("q5", hint="x *= 2 changes the caller's array; x = 2 * x does not.")
def test_x_stays_as_it_was(student, rng):
    """x is the same after the calls."""
    x = rng.random(5)
    kept = x.copy()
    student.tent(x, 2)
    student.square_relu(x, 2)
    assert np.array_equal(x, kept), "x was changed"
