"""Public tests of q3: propagate and depth_scale where the answer is known."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q3", timeout=15)


@pytest.mark.question("q3", hint="Row 0 holds the arguments.")
def test_no_layer(student):
    """depth 0 gives the arguments."""
    found = student.propagate(0.5, 2.0, -0.3, 1.5, 0.1, 0)
    assert_close(found, np.array([[0.5, 2.0, -0.3]]), rtol=1e-12)


@pytest.mark.question("q3", hint="Small signals: tanh is nearly the identity.")
def test_small_signals(student):
    """Tiny variances without biases: they shrink by sw2, and the correlation stays."""
    found = student.propagate(1e-6, 4e-6, 0.4, 0.5, 0.0, 3)
    assert_shape(found, (4, 3))
    shrunk = 0.5 ** np.arange(4)
    expected = np.stack([1e-6 * shrunk, 4e-6 * shrunk, np.full(4, 0.4)], axis=1)
    assert_close(found, expected, rtol=1e-4, name="rows")


@pytest.mark.question("q3", hint="The same input twice: nothing can tell it from itself.")
def test_the_same_input(student):
    """Equal variances and correlation 1 stay so."""
    found = as_array(student.propagate(1.0, 1.0, 1.0, 3.0, 0.05, 5)).astype(float)
    assert_shape(found, (6, 3))
    assert_close(found[:, 2], np.ones(6), atol=1e-6, name="c")
    assert_close(found[:, 0], found[:, 1], rtol=1e-9, name="variances")


@pytest.mark.question("q3", hint="Fit a line to log |c_l - c*|, and compare.")
def test_depth_scale_is_what_propagate_shows(student):
    """In the ordered phase 1 - c shrinks by e in depth_scale layers."""
    c = as_array(student.propagate(1.0, 1.0, 0.6, 1.0, 0.1, 30)).astype(float)[:, 2]
    assert 1 > c[15] > 0 and c[15] < c[25] < 1, "propagate: c must approach 1 here"
    scale = float(student.depth_scale(1.0, 0.1))
    assert_close(scale, 10 / np.log((1 - c[15]) / (1 - c[25])), rtol=0.01, name="depth_scale")
