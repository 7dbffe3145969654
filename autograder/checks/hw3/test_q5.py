"""Hidden tests of q5: closed forms on dyadic points, where floating-point numbers are exact."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q5")


def teeth(x, k):
    """tent_k in closed form: twice the distance of 2^(k-1) x to the nearest whole number."""
    y = 2.0 ** (k - 1) * x
    return 2 * np.abs(y - np.round(y))


@pytest.mark.parametrize("k", [1, 2, 3, 7, 12])
@pytest.mark.question("q5", weight=4, hint="tent_k has 2^(k-1) teeth, all from 0 up to 1.")
def test_tent(student, rng, k):
    """tent_k is right everywhere, and is 0 and 1 in turn at the multiples of 2^-k."""
    x = np.concatenate([np.arange(2**k + 1) / 2**k, rng.random(100)])
    expected = teeth(x, k)
    found = student.tent(x, k)
    assert_close(found, expected, rtol=0, atol=1e-9, name="tent")
    assert_close(as_array(found)[: 2**k + 1], np.arange(2**k + 1) % 2, rtol=0, atol=1e-9)


@pytest.mark.parametrize("m", [0, 1, 2, 5, 10])
@pytest.mark.question("q5", weight=4, hint="The error is largest in the middle of each cell.")
def test_square(student, rng, m):
    """q_m is exact at the multiples of 2^-m, and errs by exactly 2^(-2m-2) in the middles."""
    nodes = np.arange(2**m + 1) / 2**m
    middles = nodes[:-1] + 2.0 ** (-m - 1)
    found = as_array(student.square_relu(np.concatenate([nodes, middles]), m))
    assert_shape(found, (2 ** (m + 1) + 1,), name="square_relu")
    assert_close(found[: 2**m + 1], nodes**2, rtol=0, atol=1e-12, name="square_relu at the nodes")
    error = found[2**m + 1 :] - middles**2
    assert_close(error, np.full(2**m, 2.0 ** (-2 * m - 2)), rtol=0, atol=1e-12, name="the error")
    x = rng.random(100)
    chord = np.interp(x, nodes, nodes**2)
    assert_close(student.square_relu(x, m), chord, rtol=0, atol=1e-12, name="square_relu")


@pytest.mark.question("q5", weight=1, hint="Arrays of any shape; the argument stays as it was.")
def test_shapes_and_purity(student, rng):
    """Strided arrays of any shape give arrays of that shape, and are left alone."""
    x = rng.random((6, 4, 2))[::2, :, 0].T
    kept = x.copy()
    assert_close(student.tent(x, 4), teeth(kept, 4), rtol=0, atol=1e-9, name="tent")
    chord = np.interp(kept, np.arange(9) / 8, (np.arange(9) / 8) ** 2)
    assert_close(student.square_relu(x, 3), chord, rtol=0, atol=1e-12, name="square_relu")
    assert np.array_equal(x, kept), "x was changed"
    one = np.array([0.375])
    assert_close(student.tent(one, 2), np.array([0.5]), rtol=0, atol=1e-9, name="tent")
