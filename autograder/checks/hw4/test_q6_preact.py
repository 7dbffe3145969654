"""Hidden tests of q6-preact: values, gradients, and the identity path.

The oracle normalises by hand, with means and biased variances, and differentiates automatically.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q6-preact")

TOLERANCE = {"rtol": 1e-8, "atol": 1e-10}


def tensors(rng, shape):
    """x, gamma1, beta1, W1, gamma2, beta2, W2.

    Betas are mostly positive: a unit whose ReLUs are all shut returns x, whatever is wrong with it.
    """
    C = shape[1]
    arrays = [rng.normal(loc=0.5, scale=2, size=shape)]
    for _ in range(2):
        arrays += [rng.uniform(0.5, 1.5, C) * rng.choice([-1, 1], C)]
        arrays += [rng.uniform(-0.25, 1, C)]
        arrays += [rng.normal(scale=(2 / (9 * C)) ** 0.5, size=(C, C, 3, 3))]
    return [torch.tensor(array) for array in arrays]


def expected(x, gamma1, beta1, W1, gamma2, beta2, W2):
    v = x
    for gamma, beta, W in [(gamma1, beta1, W1), (gamma2, beta2, W2)]:
        mean = v.mean(dim=(0, 2, 3), keepdim=True)
        var = ((v - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
        v = (v - mean) / (var + 1e-5).sqrt() * gamma.view(1, -1, 1, 1) + beta.view(1, -1, 1, 1)
        v = F.conv2d(v.clamp(min=0), W, padding=1)
    return x + v


@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (1, 2, 4, 3), (4, 1, 3, 3), (2, 3, 1, 5)])
@pytest.mark.question("q6-preact", weight=4, hint="BN, ReLU, conv, BN, ReLU, conv, then the sum.")
def test_values(student, rng, shape):
    """The unit's values, for batches and images of several shapes."""
    given = tensors(rng, shape)
    right = expected(*given)
    assert_close(student.preact_unit(*given), right, **TOLERANCE, name="the result")


@pytest.mark.question(
    "q6-preact", weight=2, hint="With W2 = 0 the unit and its gradient are exact."
)
def test_the_identity_path(student, rng):
    """With W2 = 0 the result is x and the gradient in x is the one that comes in, bit by bit."""
    given = tensors(rng, (3, 4, 5, 6))
    given[-1] = torch.zeros_like(given[-1])
    x, cotangent = given[0].clone(), torch.tensor(rng.normal(size=(3, 4, 5, 6)))
    result, gradients = student.vjp("preact_unit", given, cotangent)
    assert_shape(result, (3, 4, 5, 6), name="the result")
    assert isinstance(gradients, tuple | list) and len(gradients) == 7, "seven gradients"
    assert np.array_equal(as_array(result), x.numpy()), "the result is not x"
    assert np.array_equal(as_array(gradients[0]), cotangent.numpy()), "the gradient is changed"


@pytest.mark.question("q6-preact", weight=2, hint="Everything between x and the result is torch.")
def test_gradients(student, rng):
    """All seven gradients agree with those of an independent computation."""
    given = tensors(rng, (3, 2, 4, 5))
    cotangent = torch.tensor(rng.normal(size=(3, 2, 4, 5)))
    _, gradients = student.vjp("preact_unit", given, cotangent)
    assert isinstance(gradients, tuple | list) and len(gradients) == 7, "seven gradients"
    leaves = [tensor.clone().requires_grad_() for tensor in given]
    right = torch.autograd.grad(expected(*leaves), leaves, cotangent)
    for found, wanted in zip(gradients, right, strict=True):
        assert_close(found, wanted, **TOLERANCE, name="a gradient")


@pytest.mark.question("q6-preact", weight=2, hint="x and the parameters stay as they were.")
def test_arguments_are_left_alone(student, rng):
    """No argument is changed, a strided x is fine, and a second call gives the same."""
    given = tensors(rng, (3, 2, 4, 6))
    given[0] = given[0].repeat_interleave(2, dim=3)[:, :, :, ::2]
    before = [tensor.clone() for tensor in given]
    for _ in range(2):
        result = student.preact_unit(*given)
        assert_close(result, expected(*before), **TOLERANCE, name="the result")
        for old, new in zip(before, given, strict=True):
            assert torch.equal(old, new), "an argument was changed"
