"""Public tests of q6: paths that can be listed on paper."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_integer

pytestmark = pytest.mark.question("q6", timeout=20)


def run(student, Ws, x):
    """The student's (y, n_active), after its form has been checked."""
    Ws = [np.array(W, dtype=float) for W in Ws]
    result = student.path_sum(Ws, np.array(x, dtype=float))
    assert isinstance(result, tuple | list), "path_sum must return (y, n_active)"
    assert len(result) == 2, f"expected two results, got {len(result)}"
    return result[0], assert_integer(result[1], name="n_active")


@pytest.mark.question("q6", hint="Without a hidden layer y = W x, and d * o paths are active.")
def test_no_hidden_layer(student):
    """One matrix: y = W x without ReLU, and every path is active."""
    y, n_active = run(student, [[[1, -2, 0], [3, 0, 1]]], [1, 2, 3])
    assert_close(y, np.array([-3.0, 6.0]), name="y")
    assert n_active == 6, f"3 inputs times 2 outputs: expected 6 active paths, got {n_active}"


@pytest.mark.question("q6", hint="A path is active if all of its hidden units are on.")
def test_one_hidden_layer(student):
    """Two inputs, three units of which two are on, two outputs: 2 * 2 * 2 active paths."""
    # u = (3, -1, 1), so v = (3, 0, 1)
    Ws = [[[1, 1], [1, -1], [-1, 1]], [[1, 5, 1], [-2, 7, 1]]]
    y, n_active = run(student, Ws, [1, 2])
    assert_close(y, np.array([4.0, -5.0]), name="y")
    assert n_active == 8, f"expected 8 active paths, got {n_active}"


@pytest.mark.question("q6", hint="The states of layer 2 are those of the network, not of W2 W1 x.")
def test_two_hidden_layers(student):
    """A unit of the second layer is on or off as in the network itself."""
    # u1 = (1, -1), v1 = (1, 0); u2 = (1, -1), v2 = (1, 0); without the first ReLU u2 = (-1, 1)
    y, n_active = run(student, [[[1, 0], [0, -1]], [[1, 2], [-1, -2]], [[3, 4]]], [1, 1])
    assert_close(y, np.array([3.0]), name="y")
    assert n_active == 2, f"two inputs, one unit on in each layer: expected 2, got {n_active}"


@pytest.mark.question("q6", hint="No unit is on: what is an empty sum?")
def test_a_dead_layer(student):
    """If a hidden layer is all off, y is zero and no path is active."""
    y, n_active = run(student, [-np.eye(2), [[1, 1], [2, 2]]], [1, 2])
    assert_close(y, np.zeros(2), name="y")
    assert n_active == 0, f"expected 0 active paths, got {n_active}"


@pytest.mark.question("q6", hint="Gate a copy, not the matrices that were given to you.")
def test_the_arguments_stay_as_they_were(student):
    """The weights and the input are the same after the call."""
    Ws, x = [np.array([[1.0, 1.0], [1.0, -2.0]]), np.array([[1.0, 2.0]])], np.array([1.0, 1.0])
    kept = [array.copy() for array in [*Ws, x]]
    student.path_sum(Ws, x)
    for old, new in zip(kept, [*Ws, x], strict=True):
        assert np.array_equal(old, new), "an argument was changed"
