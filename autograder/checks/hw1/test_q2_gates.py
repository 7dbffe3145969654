"""Hidden tests of q2-gates: simulation of the units."""

from itertools import product

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q2-gates")


def numbers(part, shape):
    array = as_array(part).astype(float)
    assert array.shape == shape, f"shape {shape} is needed, got {array.shape}"
    assert np.isfinite(array).all(), "weights and thresholds must be finite"
    return array


def fires(student, name, inputs):
    """Whether the unit fires, for each of the rows of `inputs`."""
    weights, threshold = parts(student, name, 2)
    weights = numbers(weights, (inputs.shape[1],))
    return inputs @ weights >= numbers(threshold, ())


def parts(student, name, count):
    gates = student.value("gates")
    assert isinstance(gates, dict) and name in gates, f"the key {name} is missing"
    assert isinstance(gates[name], tuple | list), "a tuple is needed"
    assert len(gates[name]) == count, f"{count} entries are needed"
    return gates[name]


CORNERS = np.array(list(product((0, 1), repeat=2)))


@pytest.mark.question("q2-gates", weight=1, hint="Write the truth table of AND.")
def test_and(student):
    """The AND unit fires exactly if both inputs do."""
    assert fires(student, "and", CORNERS).tolist() == [False, False, False, True]


@pytest.mark.question("q2-gates", weight=1, hint="Write the truth table of OR.")
def test_or(student):
    """The OR unit fires exactly if at least one input does."""
    assert fires(student, "or", CORNERS).tolist() == [False, True, True, True]


@pytest.mark.question("q2-gates", weight=1, hint="The delay unit copies its input, 0 and 1.")
def test_delay(student):
    """The delay unit fires one tick after its input, and only then."""
    assert fires(student, "delay", np.array([[0], [1]])).tolist() == [False, True]


@pytest.mark.question(
    "q2-gates", weight=1, hint="Simulate the detector on 0 1 1 1 0 1 0 1 1, tick by tick."
)
def test_detector(student, rng):
    """The last unit fires exactly one tick after two ones in a row."""
    v, W, theta = parts(student, "detector", 3)
    m = as_array(v).size
    assert 1 <= m <= 50, "a network of 1 to 50 units is needed"
    v, W, theta = numbers(v, (m,)), numbers(W, (m, m)), numbers(theta, (m,))
    # It begins with a one, before which there was nothing; all words of length 4 occur in the next
    # 64 ticks, so the test does not rely on luck.
    words = np.array(list(product((0, 1), repeat=4))).ravel()
    x = np.concatenate([[1, 0, 1, 1], words, rng.integers(2, size=200)])
    state, before = np.zeros(m), 0
    for now in x:
        state = (v * now + W @ state >= theta).astype(float)
        assert bool(state[-1]) == bool(now and before), "the detector is wrong at some tick"
        before = now
