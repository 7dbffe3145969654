"""Public tests of q4-norms: which entries share a mean."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

HIDDEN_NORMS = [
    f"torch.{prefix}{kind}_norm"
    for prefix in ("", "native_")
    for kind in ("batch", "layer", "group", "instance")
]

pytestmark = pytest.mark.question(
    "q4-norms",
    forbid=["torch.nn", "torch.autograd", "torch.func", "torch.ops", *HIDDEN_NORMS],
)


def standardised(result, x):
    """The result as an array, after its shape has been checked."""
    assert_shape(result, x.shape, name="the result")
    return as_array(result)


def assert_one_scale(x, y, what):
    """Within each row y is x, shifted and scaled, so the two are perfectly correlated."""
    for row_x, row_y in zip(x, y, strict=True):
        correlation = np.corrcoef(row_x, row_y)[0, 1]
        assert correlation > 1 - 1e-9, f"all entries of {what} must be shifted and scaled alike"


@pytest.mark.question("q4-norms", hint="One mean per example: axis 0 is never summed over.")
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 2, 5)])
def test_layer_norm_standardises_examples(student, rng, shape):
    """With gamma = 1, beta = 0 and eps = 0 every example has mean 0 and biased variance 1."""
    x = rng.normal(loc=2, scale=3, size=shape)
    y = standardised(student.layer_norm(x, np.ones(shape[1:]), np.zeros(shape[1:]), 0.0), x)
    flat = y.reshape(3, -1)
    assert_close(flat.mean(axis=1), np.zeros(3), atol=1e-10, name="the mean of an example")
    assert_close(flat.var(axis=1), np.ones(3), name="the variance of an example")
    assert_one_scale(x.reshape(3, -1), flat, "an example")


@pytest.mark.question(
    "q4-norms", hint="Groups are blocks of neighbouring channels: 0 1 | 2 3 | 4 5."
)
def test_group_norm_standardises_blocks_of_channels(student, rng):
    """Six channels in three groups: each pair of neighbours has mean 0 and variance 1."""
    x = rng.normal(loc=2, scale=3, size=(2, 6, 3, 5)) * np.arange(1, 7).reshape(1, 6, 1, 1)
    y = standardised(student.group_norm(x, 3, np.ones(6), np.zeros(6), 0.0), x)
    blocks = y.reshape(2, 3, -1)
    assert_close(blocks.mean(axis=2), np.zeros((2, 3)), atol=1e-10, name="the mean of a group")
    assert_close(blocks.var(axis=2), np.ones((2, 3)), name="the variance of a group")
    assert_one_scale(x.reshape(6, -1), y.reshape(6, -1), "a group")


@pytest.mark.question("q4-norms", hint="Every channel of every example by itself, over positions.")
def test_instance_norm_standardises_channels_of_examples(student, rng):
    """Every channel of every example has mean 0 and variance 1."""
    x = rng.normal(loc=2, scale=3, size=(2, 3, 4, 5))
    y = standardised(student.instance_norm(x, np.ones(3), np.zeros(3), 0.0), x)
    assert_close(y.mean(axis=(2, 3)), np.zeros((2, 3)), atol=1e-10, name="the mean of a channel")
    assert_close(y.var(axis=(2, 3)), np.ones((2, 3)), name="the variance of a channel")
    assert_one_scale(x.reshape(6, -1), y.reshape(6, -1), "a channel")


@pytest.mark.question("q4-norms", hint="gamma and beta come last, and eps is inside the root.")
def test_one_example_on_paper(student):
    """The example (1, 3) with eps = 3 has root 2: xhat = (-1/2, 1/2), then scale and shift."""
    x = np.array([[1.0, 3.0]])
    y = student.layer_norm(x, np.array([2.0, 4.0]), np.array([1.0, 0.0]), 3.0)
    assert_close(y, np.array([[0.0, 2.0]]), name="layer_norm")


@pytest.mark.question("q4-norms", hint="x -= mean changes the caller's array.")
def test_the_arguments_stay_as_they_were(student, rng):
    """x is the same after the three calls."""
    x = rng.normal(size=(2, 4, 3, 3))
    before = x.copy()
    student.layer_norm(x, np.ones(x.shape[1:]), np.zeros(x.shape[1:]), 1e-5)
    student.group_norm(x, 2, np.ones(4), np.zeros(4), 1e-5)
    student.instance_norm(x, np.ones(4), np.zeros(4), 1e-5)
    assert np.array_equal(x, before), "x was changed"
