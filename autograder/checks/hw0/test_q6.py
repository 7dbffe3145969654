"""Hidden tests of q6: gradient descent on a quadratic is an affine map, applied `steps` times."""

import numpy as np
import pytest
import torch

from autograder.testing import as_array, assert_close

pytestmark = pytest.mark.question("q6")


def descended(X, y, w0, lr, steps):
    """w_T without a step: a power of [[I - lr H, lr c], [0, 1]], the step's action on (w, 1)."""
    n, d = X.shape
    step = np.eye(d + 1)
    step[:d, :d] -= lr * 2.0 / n * X.T @ X
    step[:d, d] = lr * 2.0 / n * X.T @ y
    return (np.linalg.matrix_power(step, steps) @ np.append(w0, 1.0))[:d]


def problem(rng, n, d):
    """X, y, w0 and a rate below 1 / (largest Hessian eigenvalue), so that errors don't grow."""
    X, y, w0 = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d)
    return X, y, w0, n / (4.0 * np.linalg.norm(X, 2) ** 2)


def assert_descent(student, X, y, w0, lr, steps, column=False):
    target = y[:, None] if column else y
    found = student.descend(*(torch.from_numpy(a.copy()) for a in (X, target, w0)), lr, steps)
    # The map is a contraction: rounding errors stay near steps * 1e-16 * |w|.
    assert_close(found, descended(X, y, w0, lr, steps), rtol=1e-8, atol=1e-8)


@pytest.mark.question("q6", weight=2, hint="One step: is the loss a mean, without a factor 1/2?")
def test_one_step(student, rng):
    """One step is w0 minus the rate times the gradient."""
    assert_descent(student, *problem(rng, 6, 3), steps=1)


@pytest.mark.question(
    "q6", weight=3, hint="Several steps: is each gradient a fresh one, at the current w?"
)
@pytest.mark.parametrize("steps", [2, 25])
def test_several_steps(student, rng, steps):
    """Each step uses the gradient at the current point only."""
    assert_descent(student, *problem(rng, 8, 3), steps=steps)


@pytest.mark.question("q6", weight=2, hint="y of shape [n, 1] means the same as y of shape [n].")
def test_column(student, rng):
    """A column y means the same as a flat y."""
    assert_descent(student, *problem(rng, 7, 2), steps=4, column=True)


@pytest.mark.question("q6", weight=1, hint="One example, or one weight, is a case like any other.")
@pytest.mark.parametrize("shape", [(1, 3), (5, 1), (1, 1)])
def test_sizes(student, rng, shape):
    """One example, one weight."""
    assert_descent(student, *problem(rng, *shape), steps=3)


@pytest.mark.question("q6", weight=1, hint="Zero steps give back the values of w0.")
def test_no_step(student, rng):
    """Zero steps change nothing."""
    X, y, w0, lr = problem(rng, 5, 3)
    assert_descent(student, X, y, w0, lr, steps=0)


@pytest.mark.question("q6", weight=1, hint="X, y and w0 must be as they were before the call.")
def test_arguments_unchanged(student, rng):
    """No argument is changed."""
    X, y, w0, lr = problem(rng, 5, 3)
    data = [torch.from_numpy(a.copy()) for a in (X, y, w0)]
    assert_close(student.descend(*data, lr, 2), descended(X, y, w0, lr, 2), atol=1e-8)
    assert all(np.array_equal(t.numpy(), a) for t, a in zip(data, (X, y, w0), strict=True))


@pytest.mark.question("q6", weight=1, hint="The result: float64, and requires_grad is False.")
def test_no_graph(student, rng):
    """The result is float64 and carries no graph."""
    X, y, w0, lr = problem(rng, 5, 3)
    found = student.descend(*(torch.from_numpy(a) for a in (X, y, w0)), lr, 2)
    assert as_array(found).dtype == np.float64, "the result must be float64"
    assert not getattr(found, "requires_grad", False), "the result must not require a gradient"
