"""Public tests of q4: batch normalisation."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_finite, assert_shape

HIDDEN_NORMS = [
    f"torch.{prefix}{kind}_norm"
    for prefix in ("", "native_")
    for kind in ("batch", "layer", "group", "instance")
]

pytestmark = pytest.mark.question(
    "q4",
    forbid=["torch.nn", "torch.autograd", "torch.func", ".backward", "torch.ops", *HIDDEN_NORMS],
    timeout=20,
)


def forward(student, x, gamma=None, beta=None, run=None, momentum=0.1, eps=1e-5, training=True):
    """y, the new pair and the cache, after their form has been checked."""
    C = x.shape[1]
    gamma, beta = np.ones(C) if gamma is None else gamma, np.zeros(C) if beta is None else beta
    run = (np.zeros(C), np.ones(C)) if run is None else run
    result = student.batchnorm_fwd(x, gamma, beta, run, momentum, eps, training)
    assert isinstance(result, tuple | list) and len(result) == 3, "return (y, run, cache)"
    y, new, cache = result
    assert_shape(y, x.shape, name="y")
    assert isinstance(new, tuple | list) and len(new) == 2, "run must be a pair (mean, var)"
    for name, statistic in zip(("mean", "var"), new, strict=True):
        assert_shape(statistic, (C,), name=f"the running {name}")
    return as_array(y), [as_array(statistic) for statistic in new], cache


def backward(student, dy, cache, C):
    """dx, dgamma, dbeta, after their form has been checked."""
    result = student.batchnorm_bwd(dy, cache)
    assert isinstance(result, tuple | list) and len(result) == 3, "return (dx, dgamma, dbeta)"
    for name, gradient, shape in zip(
        ("dx", "dgamma", "dbeta"), result, (dy.shape, (C,), (C,)), strict=True
    ):
        assert_shape(gradient, shape, name=name)
        assert_finite(gradient, name=name)
    return [as_array(gradient) for gradient in result]


@pytest.mark.question("q4", hint="y = gamma xhat + beta, the slide lacks the hat; eps in the root.")
def test_two_numbers_on_paper(student):
    """The batch (1, 3) with gamma = 2, beta = 1 becomes (-1, 3) for eps = 0, (0, 2) for eps = 3."""
    x, gamma, beta = np.array([[1.0], [3.0]]), np.array([2.0]), np.array([1.0])
    for eps, right in [(0.0, [[-1.0], [3.0]]), (3.0, [[0.0], [2.0]])]:
        y, _, _ = forward(student, x, gamma, beta, eps=eps)
        assert_close(y, np.array(right), atol=1e-12, name=f"y with eps = {eps:g}")


@pytest.mark.question("q4", hint="A batch of images: mean and variance over axes 0, 2 and 3.")
@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 2, 5)])
def test_channels_are_standardised(student, rng, shape):
    """With gamma = 1, beta = 0, eps = 0 every channel has mean 0 and biased variance 1."""
    y, _, _ = forward(student, rng.normal(loc=3, scale=2, size=shape), eps=0.0)
    axes = (0, *range(2, len(shape)))
    assert_close(y.mean(axis=axes), np.zeros(3), atol=1e-10, name="the mean of y")
    assert_close(y.var(axis=axes), np.ones(3), name="the variance of y")


@pytest.mark.question(
    "q4", hint="momentum weighs the new batch; remembered is the unbiased variance."
)
def test_the_running_statistics_on_paper(student):
    """From (0, 1) with momentum 0.25 the batch (1, 3) gives mean 0.5 and variance 1.25."""
    # batch: mean 2, biased variance 1, unbiased variance 2. 0.75 * 1 + 0.25 * 2 = 1.25.
    _, (mean, var), _ = forward(student, np.array([[1.0], [3.0]]), momentum=0.25)
    assert_close(mean, np.array([0.5]), name="the running mean")
    assert_close(var, np.array([1.25]), name="the running variance")


@pytest.mark.question("q4", hint="At inference the running statistics are used, and stay.")
def test_inference_uses_the_running_statistics(student):
    """With running mean 2 and variance 4, x = 6 becomes 2 (eps = 0), and nothing is updated."""
    run = (np.array([2.0]), np.array([4.0]))
    y, (mean, var), _ = forward(student, np.array([[6.0]]), run=run, eps=0.0, training=False)
    assert_close(y, np.array([[2.0]]), name="y")
    assert_close(mean, run[0], name="the running mean")
    assert_close(var, run[1], name="the running variance")


def waves(*shape):
    return np.sin(1.0 + 1.3 * np.arange(np.prod(shape))).reshape(shape)


# Central differences: error h^2 times a third derivative of size one, and 1e-16 / h from rounding.
@pytest.mark.question("q4", hint="Mean and variance depend on x as well: two more terms in dx.")
@pytest.mark.parametrize("training", [True, False])
def test_the_gradient_in_x_by_finite_differences(student, training):
    """dx agrees with finite differences of sum(dy * y), in training and at inference."""
    x, dy, gamma, beta = waves(4, 2), waves(4, 2)[::-1].copy(), np.array([1.5, -0.5]), np.ones(2)
    run, h = (np.array([0.1, -0.2]), np.array([0.7, 1.9])), 1e-5
    _, _, cache = forward(student, x, gamma, beta, run, training=training)
    dx, _, _ = backward(student, dy, cache, 2)
    expected = np.zeros_like(x)
    for i, j in np.ndindex(*x.shape):
        bump = np.zeros_like(x)
        bump[i, j] = h
        plus, minus = (
            forward(student, x + s * bump, gamma, beta, run, training=training)[0] for s in (1, -1)
        )
        expected[i, j] = (dy * (plus - minus)).sum() / (2 * h)
    assert_close(dx, expected, rtol=1e-6, atol=1e-7, name="dx")


@pytest.mark.question("q4", hint="y is linear in gamma and beta: sum over the batch.")
def test_the_gradients_in_gamma_and_beta(student):
    """dbeta is the sum of dy, and dgamma that of dy xhat, per channel."""
    x, dy = waves(5, 2, 2, 3), waves(5, 2, 2, 3)[::-1].copy()
    gamma, beta = np.array([2.0, -0.5]), np.array([1.0, 3.0])
    y, _, cache = forward(student, x, gamma, beta)
    xhat = (y - beta.reshape(1, 2, 1, 1)) / gamma.reshape(1, 2, 1, 1)
    _, dgamma, dbeta = backward(student, dy, cache, 2)
    assert_close(dbeta, dy.sum(axis=(0, 2, 3)), atol=1e-10, name="dbeta")
    assert_close(dgamma, (dy * xhat).sum(axis=(0, 2, 3)), atol=1e-10, name="dgamma")


@pytest.mark.question(
    "q4", hint="run is a pair of arrays that belong to the caller: make new ones."
)
def test_the_arguments_stay_as_they_were(student, rng):
    """x, gamma, beta, the running statistics and dy are the same after the calls."""
    arrays = [rng.normal(size=(4, 3)), *rng.uniform(0.5, 2, size=(4, 3))]
    x, gamma, beta, mean, var = arrays
    before = [array.copy() for array in arrays]
    _, _, cache = student.batchnorm_fwd(x, gamma, beta, (mean, var), 0.1, 1e-5, True)
    dy = rng.normal(size=(4, 3))
    dy_before = dy.copy()
    student.batchnorm_bwd(dy, cache)
    for name, old, new in zip(("x", "gamma", "beta", "mean", "var"), before, arrays, strict=True):
        assert np.array_equal(old, new), f"{name} was changed"
    assert np.array_equal(dy, dy_before), "dy was changed"


def test_one_value_per_channel_is_refused(student):
    """Training on a single value per channel raises a ValueError."""
    with pytest.raises(ValueError):
        student.batchnorm_fwd(
            np.ones((1, 2)), np.ones(2), np.zeros(2), (np.zeros(2), np.ones(2)), 0.1, 1e-5, True
        )
