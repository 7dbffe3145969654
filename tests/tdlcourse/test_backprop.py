"""backprop: automatic differentiation as the oracle."""

from functools import reduce

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tdlcourse.backprop import deep_linear_grads, gradcheck, mlp_loss_grad

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda u: u,
}


def network(seed, widths=(4, 6, 5, 3), n=7, scale=1.0):
    rng = np.random.default_rng(seed)
    Ws = [scale * rng.normal(size=(o, i)) for i, o in zip(widths, widths[1:], strict=False)]
    bs = [rng.normal(size=o) for o in widths[1:]]
    return Ws, bs, rng.normal(size=(n, widths[0])), rng.integers(widths[-1], size=n)


def autograd(Ws, bs, X, y, act):
    Ws, bs = ([torch.tensor(a, requires_grad=True) for a in group] for group in (Ws, bs))
    v = torch.tensor(X)
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        v = ACTIVATIONS[act](F.linear(v, W, b))
    loss = F.cross_entropy(F.linear(v, Ws[-1], bs[-1]), torch.tensor(y))
    return loss.item(), [g.numpy() for g in torch.autograd.grad(loss, [*Ws, *bs])]


@pytest.mark.ground_truth(
    function="backprop.mlp_loss_grad",
    result="loss and gradients of a multilayer network",
    source="Rumelhart, Hinton & Williams 1986",
    figure="torch.autograd",
)
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("widths", [(4, 3), (4, 6, 5, 3), (1, 1, 1, 2), (3, 20, 2, 7, 4)])
@pytest.mark.parametrize("n", [1, 9])
def test_loss_and_gradients_are_autograds(act, widths, n, record_property):
    Ws, bs, X, y = network(n, widths, n)
    loss, dWs, dbs = mlp_loss_grad(Ws, bs, X, y, act)
    expected_loss, expected = autograd(Ws, bs, X, y, act)
    deviation = abs(loss - expected_loss)
    for ours, theirs in zip([*dWs, *dbs], expected, strict=True):
        assert ours.shape == theirs.shape
        deviation = max(deviation, abs(ours - theirs).max())
    assert deviation <= 1e-13
    record_property("deviation", deviation)


class _ByHand(torch.autograd.Function):
    """mlp_loss_grad as a torch operation, so that torch can check it."""

    @staticmethod
    def forward(ctx, X, y, act, *parameters):
        depth = len(parameters) // 2
        loss, dWs, dbs = mlp_loss_grad(parameters[:depth], parameters[depth:], X, y, act)
        ctx.save_for_backward(*dWs, *dbs)
        return loss

    @staticmethod
    def backward(ctx, grad):
        return None, None, None, *(grad * g for g in ctx.saved_tensors)


@pytest.mark.ground_truth(
    function="backprop.mlp_loss_grad",
    result="gradients against finite differences",
    source="Rumelhart, Hinton & Williams 1986",
    figure="torch.autograd.gradcheck",
)
@pytest.mark.parametrize("act", ACTIVATIONS)
def test_torchs_gradcheck_accepts_the_gradients(act, record_property):
    Ws, bs, X, y = network(5)
    parameters = [torch.tensor(a, requires_grad=True) for a in [*Ws, *bs]]
    assert torch.autograd.gradcheck(
        lambda *p: _ByHand.apply(torch.tensor(X), torch.tensor(y), act, *p), parameters
    )
    record_property("deviation", "atol 1e-5")


def test_logits_of_ten_thousand_do_not_overflow():
    Ws, bs, X, y = network(6, (4, 3), scale=1e4)
    loss, dWs, _ = mlp_loss_grad(Ws, bs, X, y)
    expected_loss, expected = autograd(Ws, bs, X, y, "relu")
    assert np.isfinite(loss) and loss == pytest.approx(expected_loss, rel=1e-14)
    assert np.allclose(dWs[0], expected[0], rtol=1e-12, atol=1e-300)


def test_sigmoid_units_that_saturate_do_not_overflow():
    Ws, bs, X, y = network(7, (4, 3, 2), scale=1e4)
    assert np.isfinite(mlp_loss_grad(Ws, bs, X, y, "sigmoid")[0])


@pytest.mark.ground_truth(
    function="backprop.mlp_loss_grad",
    result="erratum: the step is W - eta delta v^T with delta = dloss/du; plus climbs",
    source="Soudry deck, backpropagation slide",
    figure="loss after one step of either sign",
)
def test_the_decks_plus_sign_climbs(record_property):
    Ws, bs, X, y = network(8)
    loss, dWs, _ = mlp_loss_grad(Ws, bs, X, y, "tanh")
    down, up = (
        mlp_loss_grad(
            [W + sign * 1e-3 * g for W, g in zip(Ws, dWs, strict=True)], bs, X, y, "tanh"
        )[0]
        for sign in (-1, 1)
    )
    assert down < loss < up
    # First order: the change is eta times the squared gradient norm.
    slope = (up - down) / 2e-3 / sum((g**2).sum() for g in dWs)
    assert slope == pytest.approx(1, abs=1e-4)
    record_property("deviation", abs(slope - 1))


def test_a_batch_is_the_mean_of_its_examples():
    Ws, bs, X, y = network(9)
    _, dWs, dbs = mlp_loss_grad(Ws, bs, X, y)
    single = [mlp_loss_grad(Ws, bs, X[i : i + 1], y[i : i + 1]) for i in range(len(X))]
    assert np.allclose(dWs[0], np.mean([s[1][0] for s in single], axis=0), rtol=1e-12)
    assert np.allclose(dbs[1], np.mean([s[2][1] for s in single], axis=0), rtol=1e-12)


def test_tensors_give_tensors_of_their_dtype():
    Ws, bs, X, y = network(10)
    as_tensor = [[torch.tensor(a, dtype=torch.float32) for a in group] for group in (Ws, bs)]
    loss, dWs, dbs = mlp_loss_grad(*as_tensor, torch.tensor(X, dtype=torch.float32), y)
    assert {g.dtype for g in [loss, *dWs, *dbs]} == {torch.float32}
    assert loss.item() == pytest.approx(mlp_loss_grad(Ws, bs, X, y)[0], rel=1e-5)
    single = [[a.astype(np.float32) for a in group] for group in (Ws, bs)]
    result = mlp_loss_grad(*single, X.astype(np.float32), y)
    assert {g.dtype for g in [*result[1], *result[2]]} == {np.dtype(np.float32)}


def test_arguments_are_not_changed():
    Ws, bs, X, y = network(11)
    before = [a.copy() for a in [*Ws, *bs, X, y]]
    mlp_loss_grad(Ws, bs, X, y)
    assert all(np.array_equal(a, b) for a, b in zip([*Ws, *bs, X, y], before, strict=True))


# ------------------------------------------------------------------------------- deep linear


@pytest.mark.ground_truth(
    function="backprop.deep_linear_grads",
    result="gradients of 1/2 |W_H ... W_1 X - Y|_F^2",
    source="Kawaguchi 2016, eq. 1",
    figure="torch.autograd, non-square, depth 1 to 5",
)
@pytest.mark.parametrize("widths", [(3, 2), (3, 5, 2), (4, 3, 2, 3, 5), (2, 1, 4, 6, 1, 3)])
def test_deep_linear_gradients_are_autograds(widths, record_property):
    rng = np.random.default_rng(len(widths))
    Ws = [rng.normal(size=(o, i)) for i, o in zip(widths, widths[1:], strict=False)]
    X, Y = rng.normal(size=(widths[0], 8)), rng.normal(size=(widths[-1], 8))
    leaves = [torch.tensor(W, requires_grad=True) for W in Ws]
    product = reduce(lambda below, W: W @ below, leaves)
    loss = 0.5 * ((product @ torch.tensor(X) - torch.tensor(Y)) ** 2).sum()
    deviation = max(
        abs(ours - theirs.numpy()).max()
        for ours, theirs in zip(
            deep_linear_grads(Ws, X, Y), torch.autograd.grad(loss, leaves), strict=True
        )
    )
    assert deviation <= 1e-11
    record_property("deviation", deviation)


def test_zero_weights_are_critical_from_depth_two_on():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(3, 6)), rng.normal(size=(2, 6))
    assert np.array_equal(deep_linear_grads([np.zeros((2, 3))], X, Y)[0], -Y @ X.T)
    for grad in deep_linear_grads([np.zeros((4, 3)), np.zeros((2, 4))], X, Y):
        assert not grad.any()


# --------------------------------------------------------------------------------- gradcheck


@pytest.mark.ground_truth(
    function="backprop.gradcheck",
    result="right gradients pass, wrong ones fail",
    source="central differences",
    figure="closed forms: error <= 1e-8, a factor 2 gives 1",
)
def test_gradcheck_tells_right_from_wrong(record_property):
    x = np.random.default_rng(0).normal(size=(3, 4))
    right = gradcheck(lambda z: np.sin(z).sum(), np.cos(x), x)
    assert right <= 1e-8
    assert gradcheck(lambda z: np.sin(z).sum(), 2 * np.cos(x), x) == pytest.approx(1, rel=1e-6)
    assert gradcheck(lambda z: np.sin(z).sum(), np.cos(x).T.reshape(3, 4), x) > 0.1
    record_property("deviation", right)


def test_gradcheck_accepts_our_backpropagation():
    Ws, bs, X, y = network(12)
    _, dWs, _ = mlp_loss_grad(Ws, bs, X, y, "tanh")

    def loss(W):
        return mlp_loss_grad([Ws[0], W, Ws[2]], bs, X, y, "tanh")[0]

    assert gradcheck(loss, dWs[1], Ws[1]) <= 1e-8


def test_gradcheck_speaks_torch():
    x = torch.linspace(-1, 1, 5, dtype=torch.float64)
    assert gradcheck(lambda z: torch.exp(z).sum(), torch.exp(x), x) <= 1e-8


def test_gradcheck_of_a_constant_is_the_absolute_error():
    assert gradcheck(lambda z: 1.0, np.zeros(3), np.zeros(3)) == 0
    assert gradcheck(lambda z: 1.0, np.full(3, 0.5), np.zeros(3)) == 0.5


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (
            ValueError,
            lambda: mlp_loss_grad([np.ones((2, 3))], [np.ones(2)], np.ones((1, 4)), [0]),
            r"Ws\[0\] must be of shape \(out, 4\), got \(2, 3\)",
        ),
        (
            ValueError,
            lambda: mlp_loss_grad([np.ones((2, 3))], [np.ones(3)], np.ones((1, 3)), [0]),
            r"bs\[0\] must be of shape \(2,\), got \(3,\)",
        ),
        (
            ValueError,
            lambda: mlp_loss_grad([], [], np.ones((1, 4)), [0]),
            "Ws and bs must be lists",
        ),
        (
            ValueError,
            lambda: mlp_loss_grad([np.ones((2, 1))], [np.ones(2)], np.ones((1, 1)), [2]),
            r"y must be integers in \[0, 2\), got 2",
        ),
        (
            ValueError,
            lambda: mlp_loss_grad([np.ones((2, 1))], [np.ones(2)], np.ones((1, 1)), [0], "gelu"),
            "act must be one of 'relu', 'tanh', 'sigmoid', 'identity', got 'gelu'",
        ),
        (
            ValueError,
            lambda: deep_linear_grads([np.ones((2, 3))], np.ones((3, 4)), np.ones((2, 5))),
            r"Y must be of shape \(2, 4\), got \(2, 5\)",
        ),
        (
            ValueError,
            lambda: mlp_loss_grad(
                [np.ones((2, 3))], [np.ones(2)], np.ones((0, 3)), np.ones(0, int)
            ),
            r"X must be at least one row, got \(0, 3\)",
        ),
        (ValueError, lambda: deep_linear_grads([], np.ones((3, 4)), np.ones((3, 4))), "Ws must be"),
        (TypeError, lambda: gradcheck(lambda z: z, [0.0, 0.0], [0.0, 0.0]), r"f\(x\) must be"),
    ],
)
def test_wrong_arguments_are_named(kind, call, message):
    with pytest.raises(kind, match=message):
        call()
