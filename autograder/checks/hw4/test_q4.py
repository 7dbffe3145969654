"""Hidden tests of q4: batch normalisation against torch's own and against laws.

Oracle: torch.nn.functional.batch_norm and its automatic derivative, in float64. A right program
agrees to about 1e-14 times a few; the statement promises relative 1e-8 plus absolute 1e-10.
"""

import numpy as np
import pytest
import torch
from torch.nn.functional import batch_norm

from autograder.testing import as_array, assert_close, assert_finite, assert_shape

pytestmark = pytest.mark.question("q4", timeout=20)

TOLERANCE = {"rtol": 1e-8, "atol": 1e-10}
SHAPES = [(7, 3), (2, 4), (4, 3, 5, 2), (1, 2, 3, 4), (3, 1, 2, 2)]


def problem(rng, shape):
    """x, gamma, beta, (mean, var), dy: all different per channel."""
    C = shape[1]
    per_channel = (1, C, *[1] * (len(shape) - 2))
    x = rng.normal(size=shape) * rng.uniform(0.5, 3, per_channel) + rng.normal(size=per_channel)
    run = rng.normal(size=C), rng.uniform(0.3, 3, C)
    return x, rng.uniform(0.5, 2, C) * rng.choice([-1, 1], C), rng.normal(size=C), run


def expected(x, gamma, beta, run, momentum, eps, training, dy=None):
    """y, the new running statistics, and the three gradients if dy is given."""
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, gamma, beta)]
    mean, var = (torch.tensor(array) for array in run)
    y = batch_norm(
        leaves[0], mean, var, leaves[1], leaves[2], training=training, momentum=momentum, eps=eps
    )
    gradients = [] if dy is None else torch.autograd.grad(y, leaves, torch.tensor(dy))
    return y.detach().numpy(), (mean.numpy(), var.numpy()), [g.numpy() for g in gradients]


def forward(student, x, gamma, beta, run, momentum, eps, training):
    """The student's result, after its form has been checked."""
    result = student.batchnorm_fwd(x, gamma, beta, run, momentum, eps, training)
    assert isinstance(result, tuple | list) and len(result) == 3, "three results are needed"
    y, new, cache = result
    assert_shape(y, x.shape, name="y")
    assert isinstance(new, tuple | list) and len(new) == 2, "run must be a pair"
    for name, statistic in zip(("mean", "var"), new, strict=True):
        assert_shape(statistic, (x.shape[1],), name=f"the running {name}")
    return y, new, cache


def backward(student, dy, cache, C):
    result = student.batchnorm_bwd(dy, cache)
    assert isinstance(result, tuple | list) and len(result) == 3, "three gradients are needed"
    for name, gradient, shape in zip(
        ("dx", "dgamma", "dbeta"), result, (dy.shape, (C,), (C,)), strict=True
    ):
        assert_shape(gradient, shape, name=name)
    return result


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.question("q4", weight=3, hint="In training: the batch's mean and biased variance.")
def test_the_output_in_training(student, rng, shape):
    """y in training, for vectors and images, with a visible eps."""
    given = problem(rng, shape)
    for eps in (1e-5, 0.3):
        y, _, _ = forward(student, *given, 0.1, eps, True)
        assert_close(y, expected(*given, 0.1, eps, True)[0], **TOLERANCE, name="y")


@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0])
@pytest.mark.question(
    "q4", weight=3, hint="Remember (1 - momentum) old + momentum new, the variance unbiased."
)
def test_the_running_statistics(student, rng, momentum):
    """The running mean and variance after a step of training, over several shapes."""
    for shape in SHAPES:
        given = problem(rng, shape)
        _, (mean, var), _ = forward(student, *given, momentum, 1e-5, True)
        _, (mean_right, var_right), _ = expected(*given, momentum, 1e-5, True)
        assert_close(mean, mean_right, **TOLERANCE, name="the running mean")
        assert_close(var, var_right, **TOLERANCE, name="the running variance")


@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (2, 3, 2, 4)])
@pytest.mark.question("q4", weight=3, hint="Inference: running statistics in, the same ones out.")
def test_inference(student, rng, shape):
    """At inference y uses the running statistics, one example suffices, and nothing is updated."""
    given = problem(rng, shape)
    y, (mean, var), _ = forward(student, *given, 0.1, 0.2, False)
    assert_close(y, expected(*given, 0.1, 0.2, False)[0], **TOLERANCE, name="y")
    assert_close(mean, given[3][0], **TOLERANCE, name="the running mean")
    assert_close(var, given[3][1], **TOLERANCE, name="the running variance")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.question(
    "q4", weight=5, hint="dx: through xhat, through the mean, through the variance."
)
def test_the_gradient_in_x_in_training(student, rng, shape):
    """dx in training agrees with automatic differentiation."""
    given, dy = problem(rng, shape), rng.normal(size=shape)
    for eps in (1e-5, 0.3):
        _, _, cache = forward(student, *given, 0.1, eps, True)
        dx, _, _ = backward(student, dy, cache, shape[1])
        assert_close(dx, expected(*given, 0.1, eps, True, dy)[2][0], **TOLERANCE, name="dx")


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.question(
    "q4", weight=2, hint="dgamma = sum of dy xhat, dbeta = sum of dy, per channel."
)
def test_the_gradients_of_the_parameters(student, rng, training):
    """dgamma and dbeta agree with automatic differentiation."""
    for shape in SHAPES:
        given, dy = problem(rng, shape), rng.normal(size=shape)
        _, _, cache = forward(student, *given, 0.1, 1e-3, training)
        _, dgamma, dbeta = backward(student, dy, cache, shape[1])
        right = expected(*given, 0.1, 1e-3, training, dy)[2]
        assert_close(dgamma, right[1], **TOLERANCE, name="dgamma")
        assert_close(dbeta, right[2], **TOLERANCE, name="dbeta")


@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (2, 3, 2, 4)])
@pytest.mark.question("q4", weight=2, hint="At inference mean and variance are constants.")
def test_the_gradient_in_x_at_inference(student, rng, shape):
    """At inference dx = gamma dy / root."""
    given, dy = problem(rng, shape), rng.normal(size=shape)
    _, _, cache = forward(student, *given, 0.1, 1e-3, False)
    dx, _, _ = backward(student, dy, cache, 3)
    assert_close(dx, expected(*given, 0.1, 1e-3, False, dy)[2][0], **TOLERANCE, name="dx")


@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 4, 3)])
@pytest.mark.question(
    "q4", weight=1, hint="Shifting or scaling a channel does not change the loss."
)
def test_the_laws_of_the_gradient(student, rng, shape):
    """With eps = 0, dx sums to zero per channel and scales as 1 / c if x is scaled by c."""
    x, gamma, beta, run = problem(rng, shape)
    dy, axes = rng.normal(size=shape), (0, *range(2, len(shape)))
    _, _, cache = forward(student, x, gamma, beta, run, 0.1, 0.0, True)
    dx = as_array(backward(student, dy, cache, 3)[0])
    assert_close(dx.sum(axis=axes), np.zeros(3), atol=1e-10, name="the sum of dx")
    assert_close((dx * x).sum(axis=axes), np.zeros(3), atol=1e-9, name="the sum of x dx")
    assert np.abs(dx).max() > 1e-6, "dx vanishes"
    _, _, cache = forward(student, 8 * x, gamma, beta, run, 0.1, 0.0, True)
    assert_close(backward(student, dy, cache, 3)[0], dx / 8, **TOLERANCE, name="dx of 8 x")


@pytest.mark.question("q4", weight=1, hint="Subtract the mean before you square.")
def test_a_mean_much_larger_than_the_standard_deviation(student, rng):
    """With a mean of 10^6 and variance 1 the output and the gradient still are right."""
    # x is exactly representable after rounding to multiples of 2^-20, so that adding 10^6 is exact.
    small = np.round(rng.normal(size=(8, 3)) * 2**20) / 2**20
    given = [np.ones(3), np.zeros(3), (np.zeros(3), np.ones(3)), 0.1, 1e-5, True]
    dy = rng.normal(size=small.shape)
    y_right, _, (dx_right, _, _) = expected(small, *given, dy)
    y, _, cache = forward(student, small + 1e6, *given)
    # the mean carries a rounding error of 1e6 * 1e-16 * 8, which moves y by 1e-9 at most
    assert_close(y, y_right, rtol=0, atol=1e-6, name="y")
    dx, _, _ = backward(student, dy, cache, 3)
    assert_close(dx, dx_right, rtol=0, atol=1e-6, name="dx")


@pytest.mark.question(
    "q4", weight=1, hint="Strided arrays are arrays; nothing is written into them."
)
def test_arguments_are_left_alone(student, rng):
    """Non-contiguous inputs work, and no argument is changed in training or at inference."""
    x, gamma, beta, run = problem(rng, (6, 3, 4, 2))
    strided = np.repeat(x, 2, axis=3)[:, :, :, ::2]
    dy = rng.normal(size=(2, 4, 3, 6)).T
    arrays = [strided, gamma, beta, *run, dy]
    before = [array.copy() for array in arrays]
    for training in (True, False):
        y, _, cache = forward(student, strided, gamma, beta, run, 0.1, 1e-5, training)
        right = expected(x, gamma, beta, run, 0.1, 1e-5, training, before[-1])
        assert_close(y, right[0], **TOLERANCE, name="y")
        assert_close(backward(student, dy, cache, 3)[0], right[2][0], **TOLERANCE, name="dx")
    for old, new in zip(before, arrays, strict=True):
        assert np.array_equal(old, new), "an argument was changed"


@pytest.mark.question("q4", weight=1, hint="All that the backward pass needs is in its own cache.")
def test_caches_belong_to_their_calls(student, rng):
    """Two forward calls, then their backward calls: each uses its own cache, as often as asked."""
    first, second = problem(rng, (5, 3)), problem(rng, (4, 2, 3, 2))
    dy_first, dy_second = rng.normal(size=(5, 3)), rng.normal(size=(4, 2, 3, 2))
    _, _, cache_first = forward(student, *first, 0.1, 1e-5, True)
    _, _, cache_second = forward(student, *second, 0.1, 1e-5, True)
    for _ in range(2):
        for given, dy, cache in [(first, dy_first, cache_first), (second, dy_second, cache_second)]:
            gradients = backward(student, dy, cache, dy.shape[1])
            right = expected(*given, 0.1, 1e-5, True, dy)[2]
            for found, wanted, name in zip(
                gradients, right, ("dx", "dgamma", "dbeta"), strict=True
            ):
                assert_close(found, wanted, **TOLERANCE, name=name)


@pytest.mark.question("q4", weight=1, hint="m = 1 is refused; m counts positions as well.")
def test_one_value_per_channel(student, rng):
    """Training on one value per channel is a ValueError; one image of several pixels is fine."""
    for shape in [(1, 3), (1, 3, 1, 1)]:
        with pytest.raises(ValueError):
            student.batchnorm_fwd(*problem(rng, shape), 0.1, 1e-5, True)
    given = problem(rng, (1, 3, 1, 2))
    y, (_, var), _ = forward(student, *given, 0.1, 1e-5, True)
    assert_finite(var, name="the running variance")
    assert_close(y, expected(*given, 0.1, 1e-5, True)[0], **TOLERANCE, name="y")
