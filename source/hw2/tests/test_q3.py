"""Public tests of q3: Hessians that you can write down."""

import numpy as np
import pytest
import torch

from autograder.testing import as_array, assert_close, assert_shape, kit

FORBIDDEN = [
    "torch.autograd.functional",
    "torch.func.hessian",
    "torch.func.jacrev",
    "torch.func.jacfwd",
    "functorch",
]
pytestmark = pytest.mark.question("q3", forbid=FORBIDDEN, timeout=30)


def vector(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def top(student, f, w):
    result = student.top_eigenvalue(f, w, 200, torch.Generator().manual_seed(7))
    assert_shape(result, (), name="the eigenvalue")
    return float(as_array(result))


@pytest.mark.question("q3", hint="Differentiate <gradient, v>; create_graph=True for the first.")
def test_hvp_of_a_quadratic(student):
    """For w'Aw/2 - b'w the product is A v, at every w."""
    A = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 0.5]])
    f = student.make(kit.quadratic, matrix=A, offset=np.array([1.0, 2.0, 3.0]))
    v = vector(1.0, -2.0, 4.0)
    assert_close(student.hvp(f, vector(0.3, 0.2, 0.1), v), A @ v.numpy())


@pytest.mark.question("q3", hint="The Hessian depends on w: take it there.")
def test_hvp_depends_on_the_point(student):
    """For cos(w1 + 2 w2) at w1 + 2 w2 = 1 the product with (1, 0) is -cos(1) (1, 2)."""
    f = student.cosine_sum(np.array([[1.0, 2.0]]), np.array([1.0]))
    product = student.hvp(f, vector(0.4, 0.3), vector(1.0, 0.0))
    assert_close(product, -np.cos(1.0) * np.array([1.0, 2.0]))


@pytest.mark.question("q3", hint="Compare with differences of your own gradients, term by term.")
def test_hvp_of_a_network_agrees_with_differences(student):
    """For a small network <v, Hv> agrees with a second difference of the loss along v."""
    X, y = np.array([[0.5, -1.0], [1.5, 0.3], [-0.7, 0.8]]), np.array([1.0, -0.5, 0.2])
    w, v = torch.sin(torch.arange(13.0).double()), torch.cos(torch.arange(13.0).double())

    def loss(w):  # the same network by hand
        W1, b1, W2, b2 = w[:6].reshape(3, 2), w[6:9], w[9:12], w[12]
        return 0.5 * ((np.tanh(X @ W1.T + b1) @ W2 + b2 - y) ** 2).mean()

    def along(h):
        return loss((w + h * v).numpy())

    # The error of the second difference is about h^2 = 1e-8 from Taylor's formula (times fourth
    # derivatives of size 10^3 at most here) and 1e-16 / h^2 = 1e-8 from rounding.
    h = 1e-4
    difference = (along(h) - 2 * along(0) + along(-h)) / h**2
    product = as_array(student.hvp(student.network_loss(X, y, 3), w, v))
    assert_close(v.numpy() @ product, difference, rtol=1e-4, name="<v, Hv>")


@pytest.mark.question("q3", hint="clone().requires_grad_() makes a leaf of your own.")
def test_hvp_returns_plain_numbers_and_keeps_its_arguments(student):
    """The product has the shape of w and carries no graph; w and v stay as they were."""
    f = student.make(kit.quadratic, matrix=np.diag([1.0, 2.0]))
    w, v = vector(1.0, 1.0), vector(3.0, 4.0)
    product = student.hvp(f, w, v)
    assert_shape(product, (2,), name="the product")
    assert not getattr(product, "requires_grad", False), "the product must not carry a graph"
    assert w.tolist() == [1.0, 1.0] and v.tolist() == [3.0, 4.0], "an argument was changed"


@pytest.mark.parametrize("spectrum", [(1.0, 5.0, 2.0), (3.0, 1.0, -7.0), (-1.0, -4.0, -9.0)])
@pytest.mark.question("q3", hint="The largest with its sign, not the largest in modulus.")
def test_top_eigenvalue_of_a_diagonal(student, spectrum):
    """The largest of three eigenvalues, with its sign, also if the largest modulus is elsewhere."""
    f = student.make(kit.quadratic, matrix=np.diag(spectrum))
    found = top(student, f, vector(0.1, 0.2, 0.3))
    assert_close(found, max(spectrum), rtol=1e-3, name="the eigenvalue")


@pytest.mark.question(
    "q3", hint="The start vector comes from gen: torch.randn(..., generator=gen)."
)
def test_top_eigenvalue_uses_the_generator(student):
    """The generator has moved on after the call, and the same state gives the same result."""
    f = student.make(kit.quadratic, matrix=np.array([[2.0, 1.0], [1.0, -3.0]]))
    results = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(11)
        before = generator.get_state()
        results.append(student.top_eigenvalue(f, vector(0.0, 0.0), 200, generator))
        assert not torch.equal(generator.get_state(), before), "nothing was drawn from gen"
    assert_close(results[1], as_array(results[0]), rtol=1e-12, name="the second call")
