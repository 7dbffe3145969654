"""ensemble: torch.nn, torch.optim and torch.autograd, one network at a time, as oracles."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector

from tdlcourse import ensemble
from tdlcourse.ensemble import (
    minibatches,
    mlp_gradients,
    mlp_layers,
    mlp_outputs,
    mlp_parameters,
    train_mlps,
)

WIDTHS = [6, 8, 5, 3]


def data(n=50, seed=0):
    gen = torch.Generator().manual_seed(seed)
    return torch.randn(n, 6, generator=gen), torch.randint(3, (n,), generator=gen)


def network(widths, seed, activation, dtype):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = []
        for fan_in, fan_out in zip(widths, widths[1:], strict=False):
            layers += [nn.Linear(fan_in, fan_out, dtype=dtype), activation()]
        return nn.Sequential(*layers[:-1])


def sequential(widths, seed, rate, X, y, batches, activation=nn.ReLU):
    """The loop of every tutorial: parameters and losses of one network."""
    model = network(widths, seed, activation, X.dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = cross_entropy(model(X[batch]), y[batch])
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return parameters_to_vector(model.parameters()).detach(), torch.tensor(losses)


@pytest.mark.ground_truth(
    function="ensemble.mlp_parameters",
    result="rows are fresh nn.Sequential networks, bit by bit",
    source="torch.nn.Linear after torch.manual_seed",
    figure="float32 and float64, three seeds",
)
def test_parameters_are_those_of_fresh_networks(record_property):
    state = torch.get_rng_state()
    for dtype in (torch.float32, torch.float64):
        rows = mlp_parameters(WIDTHS, [0, 7, 123], dtype=dtype)
        for row, seed in zip(rows, [0, 7, 123], strict=True):
            model = network(WIDTHS, seed, nn.ReLU, dtype)
            assert torch.equal(row, parameters_to_vector(model.parameters()).detach())
    assert torch.equal(torch.get_rng_state(), state)
    record_property("deviation", 0.0)


def test_minibatches_are_shuffled_epochs_of_their_own():
    order = minibatches(10, 3, 8, [0, 1])
    assert order.shape == (2, 8, 3) and order.dtype == torch.int64
    for k in range(2):
        for epoch in order[k].split(3):  # three batches of three, one example left over
            seen = epoch.flatten().tolist()
            assert len(set(seen)) == len(seen) and max(seen) <= 9
    assert not torch.equal(order[0], order[1])
    assert torch.equal(order[1], minibatches(10, 3, 8, [1])[0])
    assert torch.equal(order[:, :4], minibatches(10, 3, 4, [0, 1]))
    assert minibatches(10, 3, 0, [0]).shape == (1, 0, 3)


@pytest.mark.ground_truth(
    function="ensemble.mlp_gradients",
    result="losses and gradients of each network on its batch",
    source="torch.autograd",
    figure="float64, ReLU and tanh",
)
def test_gradients_are_those_of_autograd(record_property):
    X, y = data()
    deviation = 0.0
    for activation in ("relu", "tanh"):
        parameters = mlp_parameters(WIDTHS, range(4), dtype=torch.float64).requires_grad_(True)
        batch = minibatches(50, 16, 1, range(4))[:, 0]
        layers = mlp_layers(parameters, WIDTHS)
        inputs, labels = X.double()[batch], y[batch]
        logits = mlp_outputs(layers, inputs, activation)[-1]
        expected = torch.stack([cross_entropy(a, b) for a, b in zip(logits, labels, strict=True)])
        (slopes,) = torch.autograd.grad(expected.sum(), parameters)
        with torch.no_grad():
            losses, gradients = mlp_gradients(layers, inputs, labels, activation)
        flat = torch.cat([part for g in gradients for part in (g.weight.flatten(1), g.bias)], 1)
        deviation = max(deviation, float((flat - slopes).abs().max()))
        deviation = max(deviation, float((losses - expected.detach()).abs().max()))
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="ensemble.train_mlps",
    result="trajectories of K sequential loops with torch.optim.SGD",
    source="torch.nn, torch.optim",
    figure="<= 1e-5 in float32, <= 1e-12 in float64; compiled and batched; ReLU and tanh",
)
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_all_networks_train_as_if_alone(
    compiled, activation, dtype, bound, monkeypatch, record_property
):
    if compiled:
        pytest.importorskip("numba")
    monkeypatch.setattr(ensemble, "_has_numba", lambda: compiled)
    X, y = data()
    X, rates = X.to(dtype), torch.tensor([0.01, 0.1, 0.3])
    start = mlp_parameters(WIDTHS, [4, 5, 6], dtype=dtype)
    kept, order = start.clone(), minibatches(50, 16, 100, [1, 2, 3])
    trained, losses = train_mlps(start, WIDTHS, X, y, rates, order, activation=activation)
    assert trained.dtype == losses.dtype == dtype and losses.shape == (3, 100)
    act, deviation = {"relu": nn.ReLU, "tanh": nn.Tanh}[activation], 0.0
    for k, seed in enumerate([4, 5, 6]):
        alone, history = sequential(WIDTHS, seed, float(rates[k]), X, y, order[k], act)
        deviation = max(deviation, float((trained[k] - alone).abs().max()))
        assert torch.allclose(losses[k].float(), history, rtol=0, atol=1e-5)
    assert deviation <= bound and torch.equal(start, kept)
    assert float((trained - start).abs().max()) > 0.1
    record_property("deviation", deviation)


def test_more_networks_than_a_block_and_a_single_layer(monkeypatch):
    X, y = data()
    start, order = mlp_parameters([6, 3], range(70)), minibatches(50, 10, 5, range(70))
    rates = np.linspace(0.01, 0.5, 70)
    fast, _ = train_mlps(start, [6, 3], X, y, rates, order)
    monkeypatch.setattr(ensemble, "_has_numba", lambda: False)
    slow, _ = train_mlps(start, [6, 3], X, y, rates, order)
    assert torch.allclose(fast, slow, rtol=0, atol=1e-6)


def test_narrow_networks_ride_along_padded_with_zeros():
    """A (6, 4, 3) network inside a (6, 8, 3) ensemble trains as it does alone."""
    X, y = data()
    order = minibatches(50, 10, 40, [0])
    narrow = mlp_parameters([6, 4, 3], [1])
    wide = torch.zeros(1, (6 + 1) * 8 + (8 + 1) * 3)
    inside, outside = mlp_layers(narrow, [6, 4, 3]), mlp_layers(wide, [6, 8, 3])
    outside[0].weight[:, :4] = inside[0].weight
    outside[0].bias[:, :4] = inside[0].bias
    outside[1].weight[:, :, :4] = inside[1].weight
    outside[1].bias[:] = inside[1].bias
    for activation in ("relu", "tanh"):
        alone, _ = train_mlps(narrow, [6, 4, 3], X, y, [0.3], order, activation=activation)
        padded, _ = train_mlps(wide, [6, 8, 3], X, y, [0.3], order, activation=activation)
        layers = mlp_layers(padded, [6, 8, 3])
        assert torch.allclose(
            layers[0].weight[:, :4], mlp_layers(alone, [6, 4, 3])[0].weight, atol=1e-6
        )
        assert float(layers[0].weight[:, 4:].abs().max()) == 0
        assert float(layers[1].weight[:, :, 4:].abs().max()) == 0


def test_outputs_of_all_networks():
    X, _ = data()
    rows = mlp_parameters(WIDTHS, [3, 4])
    outputs = mlp_outputs(mlp_layers(rows, WIDTHS), X)
    assert [tuple(o.shape) for o in outputs] == [(50, 6), (2, 50, 8), (2, 50, 5), (2, 50, 3)]
    expected = network(WIDTHS, 4, nn.ReLU, torch.float32)(X)
    assert torch.allclose(outputs[-1][1], expected, atol=1e-6)


def test_ensemble_refuses_what_does_not_fit():
    X, y = data()
    start, order = mlp_parameters(WIDTHS, [0, 1]), minibatches(50, 5, 3, [0, 1])
    rates = [0.1, 0.1]
    with pytest.raises(ValueError, match=r"parameters must be of shape \(K, 119\)"):
        train_mlps(start[:, 1:], WIDTHS, X, y, rates, order)
    with pytest.raises(ValueError, match=r"rates must be of shape \(2,\), got \(3,\)"):
        train_mlps(start, WIDTHS, X, y, [0.1] * 3, order)
    with pytest.raises(ValueError, match=r"y must be integers in \[0, 3\), got 3"):
        train_mlps(start, WIDTHS, X, y + 1, rates, order)
    with pytest.raises(ValueError, match=r"batches must be integers in \[0, 50\), got 5"):
        train_mlps(start, WIDTHS, X, y, rates, order + 10)
    with pytest.raises(ValueError, match=r"batches must be of shape \(K, S, B\) with B >= 1"):
        train_mlps(start, WIDTHS, X, y, rates, order[:, :, :0])
    with pytest.raises(ValueError, match="activation must be one of 'relu', 'tanh', got 'gelu'"):
        train_mlps(start, WIDTHS, X, y, rates, order, activation="gelu")
    with pytest.raises(ValueError, match="widths must be at least two numbers"):
        mlp_parameters([3], [0])
    with pytest.raises(ValueError, match="seeds must be at least one seed"):
        mlp_parameters([3, 2], [])
    with pytest.raises(ValueError, match=r"size must be an integer in \[1, 4\], got 5"):
        minibatches(4, 5, 1, [0])
