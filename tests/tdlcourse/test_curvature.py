"""curvature: dense Hessians of torch and their eigenvalues (LAPACK) as oracles."""

import warnings

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

from tdlcourse.curvature import hvp, lanczos, top_eigenvalue


def bumpy(w):
    """A smooth function with curvature of both signs and couplings between all entries."""
    flat = w.reshape(-1)
    return torch.sin(flat).prod() + (flat**4).sum() / 12 - (flat.sum()) ** 2 + torch.exp(flat[0])


def symmetric(eigenvalues, seed=0):
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(len(eigenvalues), len(eigenvalues))))[0]
    return (basis * eigenvalues) @ basis.T


@pytest.mark.ground_truth(
    function="curvature.hvp",
    result="Hessian-vector product",
    source="Pearlmutter 1994",
    figure="torch.func.jacrev twice",
)
@pytest.mark.parametrize("shape", [(5,), (2, 3), ()])
def test_product_is_that_of_the_dense_hessian(shape, record_property):
    gen = torch.Generator().manual_seed(0)
    w = torch.randn(shape, generator=gen, dtype=torch.float64)
    v = torch.randn(shape, generator=gen, dtype=torch.float64)
    dense = torch.func.jacrev(torch.func.jacrev(bumpy))(w).reshape(w.numel(), w.numel())
    expected = (dense @ v.reshape(-1)).reshape(shape)
    found = hvp(bumpy, w, v)
    deviation = float(abs(found - expected).max())
    assert found.shape == w.shape
    assert deviation <= 1e-13
    np.testing.assert_array_equal(hvp(bumpy, w.numpy(), v.numpy()), found.numpy())
    record_property("deviation", deviation)


@pytest.mark.parametrize(
    "flat",
    [lambda w: torch.tensor(3.0), lambda w: 2 * w.sum(), lambda w: (w[:1] * 0).sum()],
    ids=["constant", "linear", "zero"],
)
def test_constant_and_linear_functions_have_no_curvature(flat):
    assert hvp(flat, np.ones(3), np.ones(3)).tolist() == [0.0, 0.0, 0.0]


def test_arguments_keep_their_values_and_gradients():
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    v = torch.ones(3, dtype=torch.float64)
    assert hvp(lambda x: (x**3).sum(), w, v).tolist() == [6.0, 6.0, 6.0]
    assert w.grad is None
    assert w.tolist() == v.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.ground_truth(
    function="curvature.top_eigenvalue",
    result="largest eigenvalue, not the one of largest modulus",
    source="Golub & Van Loan",
    figure="numpy.linalg.eigvalsh of torch.func.jacrev twice",
)
@pytest.mark.parametrize("seed", range(3))
def test_top_eigenvalue_is_the_largest_one(seed, record_property):
    w = np.random.default_rng(seed).normal(size=(3, 4))
    dense = (
        torch.func.jacrev(torch.func.jacrev(lambda x: bumpy(x)))(torch.tensor(w))
        .reshape(12, 12)
        .numpy()
    )
    eigenvalues = np.linalg.eigvalsh(dense)
    assert abs(eigenvalues[0]) > abs(eigenvalues[-1])  # a power iteration would find the former
    found = top_eigenvalue(bumpy, w, 12, np.random.default_rng(seed))
    deviation = abs(found - eigenvalues[-1])
    assert deviation <= 1e-10
    record_property("deviation", deviation)


def test_curvature_does_not_need_gradients_switched_on():
    w, v = torch.tensor([0.3, -0.2], dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    expected = hvp(bumpy, w, v)
    top = top_eigenvalue(bumpy, w, 2, np.random.default_rng(0))
    with torch.no_grad():
        assert torch.equal(hvp(bumpy, w, v), expected) and not torch.is_grad_enabled()
        assert top_eigenvalue(bumpy, w, 2, np.random.default_rng(0)) == top != 0
    assert not expected.requires_grad and w.grad is None


def test_product_takes_every_numpy_view():
    w, v = np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0])
    expected = hvp(bumpy, w[::-1].copy(), v[::-1].copy())
    fixed = w[::-1].copy()
    fixed.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = hvp(bumpy, w[::-1], v[::-1]), hvp(bumpy, fixed, v[::-1])
    assert all(np.array_equal(product, expected) for product in found)


def test_fewer_iterations_give_a_lower_bound():
    A = torch.tensor(symmetric(np.linspace(-3, 2, 40)))
    bounds = [
        top_eigenvalue(lambda x: x @ A @ x / 2, np.zeros(40), iters, np.random.default_rng(1))
        for iters in (1, 3, 6, 12, 25, 40)
    ]
    assert (np.diff(bounds) >= -1e-12).all()
    assert bounds[-1] == pytest.approx(2, abs=1e-12)
    assert bounds[0] < 1


def test_torch_generators_draw_torch_vectors():
    A = torch.diag(torch.tensor([1.0, 5.0, -9.0], dtype=torch.float64))
    gen = torch.Generator().manual_seed(0)
    origin = torch.zeros(3, dtype=torch.float64)
    assert top_eigenvalue(lambda x: x @ A @ x / 2, origin, 3, gen) == pytest.approx(5, abs=1e-12)
    found = lanczos(lambda v: A @ v, 3, 2, gen)
    assert isinstance(found.vectors, torch.Tensor)
    assert found.values.tolist() == pytest.approx([5, 1], abs=1e-12)


@pytest.mark.ground_truth(
    function="curvature.lanczos",
    result="largest eigenvalues and their vectors",
    source="Lanczos 1950",
    figure="numpy.linalg.eigh; scipy.sparse.linalg.eigsh (ARPACK)",
)
@pytest.mark.parametrize("count", [1, 4, 10])
def test_lanczos_finds_the_largest_eigenvalues(count, record_property):
    eigenvalues = np.concatenate([-np.linspace(0, 30, 150), 2.0 ** np.arange(-4, 8)])
    A = symmetric(eigenvalues)
    found = lanczos(lambda v: A @ v, len(A), count, np.random.default_rng(2))
    expected = np.sort(eigenvalues)[::-1][:count]
    arpack = eigsh(LinearOperator(A.shape, lambda v: A @ v, dtype=float), count, which="LA")[0]
    deviation = abs(found.values / expected - 1).max()
    assert deviation <= 1e-10
    np.testing.assert_allclose(found.values, arpack[::-1], rtol=1e-10)
    residual = A @ found.vectors - found.vectors * found.values
    assert abs(residual).max() <= 1e-10 * 128
    np.testing.assert_allclose(found.vectors.T @ found.vectors, np.eye(count), atol=1e-12)
    assert found.products < len(A) if count == 10 else found.products < len(A) / 4
    record_property("deviation", deviation)


@pytest.mark.parametrize("eigenvalues", [[0, 0, 0, 0], [1, 1, 1, 1, 1], [3, 3, 0, 0, -1], [7]])
def test_all_eigenvalues_are_found_when_all_are_asked_for(eigenvalues):
    A = symmetric(np.array(eigenvalues, dtype=float))
    found = lanczos(lambda v: A @ v, len(A), len(A), np.random.default_rng(3))
    np.testing.assert_allclose(found.values, eigenvalues, atol=1e-12)


def test_too_few_products_are_reported():
    A = symmetric(np.linspace(0, 1, 200))
    with pytest.raises(ArithmeticError, match="not converged after 12 products: residual"):
        lanczos(lambda v: A @ v, 200, 10, np.random.default_rng(4), iters=12)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: hvp(bumpy, [1.0, 2.0], [1.0]),
            ValueError,
            r"v must be of shape \(2,\), got \(1,\)",
        ),
        (
            lambda: hvp(lambda w: w, [1.0, 2.0], [1.0, 0.0]),
            ValueError,
            r"f\(w\) must be a tensor with",
        ),
        (lambda: hvp(lambda w: 1.0, [1.0], [1.0]), ValueError, "a tensor with one number, got 1.0"),
        (
            lambda: top_eigenvalue(bumpy, [1.0], 0, np.random.default_rng(0)),
            ValueError,
            "iters must",
        ),
        (
            lambda: top_eigenvalue(bumpy, [1.0], 5, 0),
            TypeError,
            "gen must be a numpy.random.Generator",
        ),
        (lambda: lanczos(lambda v: v, 3, 4, np.random.default_rng(0)), ValueError, "count must be"),
    ],
)
def test_errors_say_what_was_expected(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
