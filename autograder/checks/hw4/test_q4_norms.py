"""Hidden tests of q4-norms: layer, group and instance normalisation against torch's own."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q4-norms")

TOLERANCE = {"rtol": 1e-8, "atol": 1e-10}


def image(rng, shape):
    """Examples, channels and positions all of different size and scale."""
    x = rng.normal(loc=1.0, size=shape)
    for axis, size in enumerate(shape):
        broadcast = [1] * len(shape)
        broadcast[axis] = size
        x = x * rng.uniform(0.5, 2.5, size=broadcast)
    return x


def as_torch(*arrays):
    return [torch.tensor(array) for array in arrays]


@pytest.mark.parametrize("shape", [(5, 4), (1, 7), (3, 2, 5), (2, 3, 4, 5)])
@pytest.mark.question(
    "q4-norms", weight=2, hint="Over all axes but the first; eps inside the root."
)
def test_layer_norm(student, rng, shape):
    """Layer normalisation over all features of an example, with scale and shift per feature."""
    x, gamma, beta = image(rng, shape), rng.normal(size=shape[1:]), rng.normal(size=shape[1:])
    for eps in (1e-5, 0.4):
        right = functional.layer_norm(*as_torch(x), shape[1:], *as_torch(gamma, beta), eps=eps)
        found = student.layer_norm(x, gamma, beta, eps)
        assert_close(found, right, **TOLERANCE, name="layer_norm")


@pytest.mark.parametrize(
    ("shape", "groups"),
    [((3, 6, 4, 5), 3), ((2, 6, 3, 2), 2), ((1, 4, 2, 3), 1), ((2, 3, 4, 3), 3)],
)
@pytest.mark.question("q4-norms", weight=2, hint="Blocks of neighbouring channels, per example.")
def test_group_norm(student, rng, shape, groups):
    """Group normalisation with any number of groups, scale and shift per channel."""
    x, gamma, beta = image(rng, shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])
    for eps in (1e-5, 0.4):
        right = functional.group_norm(*as_torch(x), groups, *as_torch(gamma, beta), eps=eps)
        found = student.group_norm(x, groups, gamma, beta, eps)
        assert_close(found, right, **TOLERANCE, name="group_norm")


@pytest.mark.parametrize("shape", [(3, 4, 2, 5), (1, 2, 3, 3), (4, 1, 1, 6)])
@pytest.mark.question("q4-norms", weight=2, hint="Per example and channel, over positions only.")
def test_instance_norm(student, rng, shape):
    """Instance normalisation, scale and shift per channel."""
    x, gamma, beta = image(rng, shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])
    for eps in (1e-5, 0.4):
        right = functional.instance_norm(
            *as_torch(x), weight=torch.tensor(gamma), bias=torch.tensor(beta), eps=eps
        )
        found = student.instance_norm(x, gamma, beta, eps)
        assert_close(found, right, **TOLERANCE, name="instance_norm")


@pytest.mark.question("q4-norms", weight=1, hint="Subtract the mean before you square.")
def test_a_large_mean(student, rng):
    """A mean of 10^6 with variance 1 does no harm."""
    # multiples of 2^-20: adding 10^6 is exact
    x = np.round(rng.normal(size=(2, 4, 3, 5)) * 2**20) / 2**20
    one, zero = np.ones(4), np.zeros(4)
    calls = {
        "layer_norm": (lambda v: student.layer_norm(v, np.ones(x.shape[1:]), 0 * x[0], 1e-5), (4,)),
        "group_norm": (lambda v: student.group_norm(v, 2, one, zero, 1e-5), (2,)),
        "instance_norm": (lambda v: student.instance_norm(v, one, zero, 1e-5), (1,)),
    }
    for name, (call, (channels,)) in calls.items():
        right = functional.group_norm(torch.tensor(x), 4 // channels, eps=1e-5)
        assert_close(call(x + 1e6), right, rtol=0, atol=1e-6, name=name)


@pytest.mark.question("q4-norms", weight=1, hint="Arguments stay as they were, strided ones too.")
def test_arguments_are_left_alone(student, rng):
    """Strided inputs work, examples do not see each other, and no argument is changed."""
    x = image(rng, (5, 3, 4, 4)).transpose(3, 2, 1, 0)  # (4, 4, 3, 5), not contiguous
    gamma, beta = rng.normal(size=4), rng.normal(size=4)
    before = [array.copy() for array in (x, gamma, beta)]
    wide, shift = rng.normal(size=x.shape[1:]), rng.normal(size=x.shape[1:])
    t, (t_gamma, t_beta) = torch.tensor(x.copy()), as_torch(gamma, beta)
    right = {
        "layer_norm": functional.layer_norm(t, x.shape[1:], *as_torch(wide, shift)),
        "group_norm": functional.group_norm(t, 2, t_gamma, t_beta),
        "instance_norm": functional.instance_norm(t, weight=t_gamma, bias=t_beta),
    }
    for name, call in {
        "layer_norm": lambda v: student.layer_norm(v, wide, shift, 1e-5),
        "group_norm": lambda v: student.group_norm(v, 2, gamma, beta, 1e-5),
        "instance_norm": lambda v: student.instance_norm(v, gamma, beta, 1e-5),
    }.items():
        assert_close(call(x), right[name], **TOLERANCE, name=name)
        assert_close(call(x[1:2]), right[name][1:2], **TOLERANCE, name=f"{name} of one example")
    for old, new in zip(before, (x, gamma, beta), strict=True):
        assert np.array_equal(old, new), "an argument was changed"
