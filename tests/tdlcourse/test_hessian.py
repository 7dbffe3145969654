"""hessian: double backpropagation and singular values as oracles."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from tdlcourse.hessian import hessian_at_zero, mlp_hessian

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda u: u,
}


def random_problem(sizes, loss, n=7, seed=0):
    rng = np.random.default_rng(seed)
    Ws = [rng.normal(size=(o, i)) for i, o in pairwise(sizes)]
    bs = [rng.normal(size=o) for o in sizes[1:]]
    X = rng.normal(size=(n, sizes[0]))
    labels = rng.integers(0, sizes[-1], n)
    return Ws, bs, X, rng.normal(size=(n, sizes[-1])) if loss == "square" else labels


def autograd_hessian(Ws, bs, X, y, act, loss):
    """Of the loss as a function of all parameters in one vector, in the order of `parameters()`."""
    tensors = [torch.tensor(p) for pair in zip(Ws, bs, strict=True) for p in pair]
    sizes = [p.numel() for p in tensors]
    X, y = torch.tensor(X), torch.tensor(y)

    def value(vector):
        parts = [p.view_as(t) for p, t in zip(vector.split(sizes), tensors, strict=True)]
        h = X
        for k, (W, b) in enumerate(zip(parts[0::2], parts[1::2], strict=True)):
            h = h @ W.T + b
            h = ACTIVATIONS[act](h) if k + 1 < len(Ws) else h
        if loss == "square":
            return ((h - y) ** 2).sum(1).mean() / 2
        return torch.nn.functional.cross_entropy(h, y)

    return torch.func.jacrev(torch.func.jacrev(value))(
        torch.cat([p.reshape(-1) for p in tensors])
    ).numpy()


@pytest.mark.ground_truth(
    function="hessian.mlp_hessian",
    result="full Hessian of a network's loss",
    source="Bishop 1992; Botev, Ritter & Barber 2017",
    figure="torch.func.jacrev twice",
)
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("loss", ["cross_entropy", "square"])
@pytest.mark.parametrize("sizes", [(5, 4), (3, 4, 2), (2, 5, 1, 3), (2, 3, 3, 4, 2)])
def test_full_hessian_is_that_of_torch(act, loss, sizes, record_property):
    problem = random_problem(sizes, loss)
    found = mlp_hessian(*problem, act, loss)
    deviation = abs(found - autograd_hessian(*problem, act, loss)).max()
    assert deviation <= 1e-12
    np.testing.assert_allclose(found, found.T, rtol=0, atol=1e-14)
    record_property("deviation", deviation)


def test_more_examples_than_one_chunk_has():
    Ws, bs, X, y = random_problem((3, 4, 2), "cross_entropy", n=700)
    halves = [mlp_hessian(Ws, bs, X[rows], y[rows]) for rows in (slice(0, 350), slice(350, 700))]
    np.testing.assert_allclose(mlp_hessian(Ws, bs, X, y), sum(halves) / 2, rtol=0, atol=1e-14)


def test_confident_outputs_do_not_overflow():
    Ws, bs, X, y = random_problem((3, 4, 2), "cross_entropy")
    found = mlp_hessian([Ws[0], 1e4 * Ws[1]], bs, X, y)
    assert np.isfinite(found).all()


def test_kind_and_arguments_are_kept():
    Ws, bs, X, y = random_problem((3, 4, 2), "cross_entropy")
    tensors = [torch.tensor(W) for W in Ws], [torch.tensor(b) for b in bs], torch.tensor(X)
    copy = tensors[2].clone()
    found = mlp_hessian(*tensors, torch.tensor(y))
    assert isinstance(found, torch.Tensor)
    assert torch.equal(tensors[2], copy)
    np.testing.assert_allclose(found.numpy(), mlp_hessian(Ws, bs, X, y), rtol=0, atol=1e-14)
    assert mlp_hessian(Ws, bs, X.astype(np.float32), y).dtype == np.float32
    parameters = [W.requires_grad_() for W in tensors[0]]
    assert torch.equal(mlp_hessian(parameters, *tensors[1:], torch.tensor(y)), found)


def autograd_at_zero(dims, X, Y):
    shapes = [(o, i) for i, o in pairwise(dims)]
    sizes = [o * i for o, i in shapes]

    def value(vector):
        h = torch.tensor(X)
        for part, shape in zip(vector.split(sizes), shapes, strict=True):
            h = part.view(shape) @ h
        return ((h - torch.tensor(Y)) ** 2).sum() / 2

    return torch.func.jacrev(torch.func.jacrev(value))(
        torch.zeros(sum(sizes), dtype=torch.float64)
    ).numpy()


@pytest.mark.ground_truth(
    function="hessian.hessian_at_zero",
    result="Hessian of a deep linear network at the origin",
    source="Kawaguchi 2016",
    figure="torch.func.jacrev twice",
)
@pytest.mark.parametrize("dims", [(3, 2), (3, 4, 2), (2, 1, 5), (2, 3, 2, 2), (2, 2, 2, 2, 2)])
def test_hessian_at_zero_is_that_of_torch(dims, record_property):
    rng = np.random.default_rng(len(dims))
    X, Y = rng.normal(size=(dims[0], 6)), rng.normal(size=(dims[-1], 6))
    deviation = abs(hessian_at_zero(dims, X, Y) - autograd_at_zero(dims, X, Y)).max()
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="hessian.hessian_at_zero",
    result="H = 2: extreme eigenvalues are plus and minus the top singular value of Y X^T",
    source="curriculum 5.3, recomputed independently",
    figure="numpy.linalg.svd",
)
def test_two_layers_have_a_strict_saddle(record_property):
    rng = np.random.default_rng(5)
    X, Y = rng.normal(size=(4, 9)), rng.normal(size=(3, 9))
    eigenvalues = np.linalg.eigvalsh(hessian_at_zero((4, 5, 3), X, Y))
    top = np.linalg.svd(Y @ X.T, compute_uv=False)[0]
    deviation = max(abs(eigenvalues[-1] - top), abs(eigenvalues[0] + top))
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="hessian.hessian_at_zero",
    result="H >= 3: the Hessian is 0, the saddle is not strict",
    source="Kawaguchi 2016",
    figure="0",
)
@pytest.mark.parametrize("dims", [(3, 2, 2, 4), (2, 2, 2, 2, 2)])
def test_three_layers_have_no_second_derivatives_at_zero(dims, record_property):
    X, Y = np.ones((dims[0], 3)), np.ones((dims[-1], 3))
    assert not hessian_at_zero(dims, X, Y).any()
    record_property("deviation", 0.0)


def test_hessian_at_zero_keeps_torch():
    X, Y = torch.ones(2, 3), torch.ones(2, 3)
    for dims in ((2, 2), (2, 3, 2), (2, 1, 1, 2)):
        found = hessian_at_zero(dims, X, Y)
        assert found.dtype == torch.float32
        np.testing.assert_allclose(found.numpy(), hessian_at_zero(dims, X.numpy(), Y.numpy()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: mlp_hessian([np.ones((2, 3))], [[0, 0]], np.ones((4, 3)), [0, 1, 2, 0]),
            "y must be int",
        ),
        (
            lambda: mlp_hessian([np.ones((2, 3))], [[0]], np.ones((4, 3)), [0] * 4),
            r"bs\[0\] must be of",
        ),
        (
            lambda: mlp_hessian(
                [np.ones((2, 3))], [[0, 0]], np.ones((4, 3)), [0] * 4, loss="hinge"
            ),
            "loss must be one of 'cross_entropy', 'square', got 'hinge'",
        ),
        (
            lambda: mlp_hessian([np.ones((2, 3))], [[0, 0]], np.ones((4, 3)), [0] * 4, act="gelu"),
            "act must be one of",
        ),
        (
            lambda: mlp_hessian([np.ones((2, 3))], [[0, 0]], np.ones((0, 3)), np.ones(0, int)),
            r"X must be of shape \(n, d\) with n >= 1, got \(0, 3\)",
        ),
        (
            lambda: hessian_at_zero((3,), np.ones((3, 2)), np.ones((3, 2))),
            "dims must be a list of at",
        ),
        (
            lambda: hessian_at_zero((3, 2), np.ones((2, 5)), np.ones((2, 5))),
            r"X must be of shape \(3, m\)",
        ),
        (
            lambda: hessian_at_zero((3, 2), np.ones((3, 5)), np.ones((2, 4))),
            r"Y must be of shape \(2, 5\)",
        ),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
