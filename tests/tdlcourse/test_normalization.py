"""normalization: torch's functional layers and their autograd as oracles, and conserved sums."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from tdlcourse.normalization import (
    batchnorm_fwd,
    dropout,
    groupnorm_fwd,
    instancenorm_fwd,
    layernorm_fwd,
    norm_bwd,
    weightnorm_bwd,
    weightnorm_fwd,
)

SHAPES = [(8, 6), (5, 6, 3, 4)]


def data(shape, seed=0, affine=None):
    rng = np.random.default_rng(seed)
    size = affine or (shape[1],)
    x = 3 + 2 * rng.normal(size=shape)
    return x, rng.normal(size=size), rng.normal(size=size), rng.normal(size=shape)


def torch_gradients(function, dy, *inputs):
    leaves = [torch.tensor(a, requires_grad=True) for a in inputs]
    y = function(*leaves)
    return y.detach().numpy(), [g.numpy() for g in torch.autograd.grad(y, leaves, torch.tensor(dy))]


def deviation_from(function, dy, x, gamma, beta, y, cache):
    expected_y, expected = torch_gradients(function, dy, x, gamma, beta)
    gradients = norm_bwd(dy, cache)
    assert [g.shape for g in gradients] == [g.shape for g in expected]
    pairs = zip([y, *gradients], [expected_y, *expected], strict=True)
    return max(abs(a - b).max() for a, b in pairs)


# --------------------------------------------------------------------------------------- batch


@pytest.mark.ground_truth(
    function="normalization.batchnorm_fwd, norm_bwd",
    result="batch normalisation, forward and backward, training and inference",
    source="Ioffe & Szegedy 2015",
    figure="torch.nn.functional.batch_norm and autograd",
)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_batchnorm_is_torchs(shape, training, eps, record_property):
    x, gamma, beta, dy = data(shape)
    run = np.linspace(-1, 1, 6), np.linspace(0.5, 2, 6)
    y, new, cache = batchnorm_fwd(x, gamma, beta, run, 0.2, eps, training)
    mean, var = (torch.tensor(a) for a in run)

    def torchs(x, gamma, beta):
        return F.batch_norm(x, mean, var, gamma, beta, training, 0.2, eps)

    deviation = deviation_from(torchs, dy, x, gamma, beta, y, cache)
    assert deviation <= 1e-13
    # torch has updated its running statistics in place, once
    assert np.allclose(new.mean, mean.numpy(), rtol=1e-14)
    assert np.allclose(new.var, var.numpy(), rtol=1e-14)
    assert np.array_equal(run[0], np.linspace(-1, 1, 6))
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.batchnorm_fwd",
    result="running variance unbiased, momentum weights the new batch, output variance biased",
    source="torch.nn.BatchNorm2d",
    figure="closed form of two values",
)
def test_which_variance_goes_where(record_property):
    x = np.array([[1.0], [5.0]])  # mean 3, biased variance 4, unbiased 8
    y, run, _ = batchnorm_fwd(x, [1.0], [0.0], ([10.0], [100.0]), momentum=0.25, eps=0.0)
    deviation = max(abs(y[:, 0] - [-1, 1]).max(), abs(run.mean[0] - 8.25), abs(run.var[0] - 77))
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.norm_bwd",
    result="sum over the batch of dx is 0, and dx is orthogonal to x^",
    source="Ioffe & Szegedy 2015: invariance to shift and scale",
    figure="0",
)
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_of_batchnorm_sum_to_zero(shape, record_property):
    x, gamma, beta, dy = data(shape, 1)
    _, _, cache = batchnorm_fwd(x, gamma, beta, eps=0.0)
    dx = norm_bwd(dy, cache).dx
    axes = (0, *range(2, x.ndim))
    deviation = max(abs(dx.sum(axis=axes)).max(), abs((dx * cache.xhat).sum(axis=axes)).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.norm_bwd",
    result="<w, gradient> = 0 for weights before batch normalisation; |w| grows by descent",
    source="scale invariance, H4.7",
    figure="0; |w'|^2 = |w|^2 + lr^2 |gradient|^2",
)
def test_weights_before_batchnorm_have_orthogonal_gradients(record_property):
    rng = np.random.default_rng(2)
    inputs, W, dy = rng.normal(size=(20, 4)), rng.normal(size=(3, 4)), rng.normal(size=(20, 3))
    _, _, cache = batchnorm_fwd(inputs @ W.T, np.ones(3), np.zeros(3), eps=0.0)
    dW = norm_bwd(dy, cache).dx.T @ inputs
    deviation = abs((dW * W).sum(axis=1)).max()
    assert deviation <= 1e-12
    grown = ((W - 0.1 * dW) ** 2).sum(axis=1)
    assert np.allclose(grown, (W**2).sum(axis=1) + 0.01 * (dW**2).sum(axis=1), rtol=1e-12)
    assert (grown > (W**2).sum(axis=1)).all()
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.batchnorm_fwd",
    result="erratum: y = gamma x^ + beta, not gamma x + beta",
    source="Artieres deck, 'Batch normalization', eq. 4",
    figure="output mean beta, output standard deviation |gamma|",
)
def test_scale_and_shift_act_on_the_standardised_input(record_property):
    x, gamma, beta, _ = data((400, 6), 3)
    y, _, _ = batchnorm_fwd(x, gamma, beta, eps=0.0)
    deviation = max(abs(y.mean(axis=0) - beta).max(), abs(y.std(axis=0) - abs(gamma)).max())
    assert deviation <= 1e-13
    literal = gamma * x + beta  # what the slide prints
    assert abs(literal.mean(axis=0) - beta).max() > 1
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.batchnorm_fwd",
    result="erratum: standardisation, no whitening: correlations stay",
    source="Artieres deck, 'BN essentially performs whitening'",
    figure="correlation matrix unchanged, off-diagonal .9",
)
def test_batchnorm_does_not_decorrelate(record_property):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2000, 1)) + 0.3 * rng.normal(size=(2000, 3))
    y, _, _ = batchnorm_fwd(x, np.ones(3), np.zeros(3), eps=0.0)
    before, after = np.corrcoef(x.T), np.corrcoef(y.T)
    deviation = abs(after - before).max()
    assert deviation <= 1e-13 and after[0, 1] > 0.9
    record_property("deviation", deviation)


def test_running_statistics_start_at_zero_and_one():
    x, gamma, beta, _ = data((8, 6))
    for training in (True, False):
        ours = batchnorm_fwd(x, gamma, beta, training=training)
        given = batchnorm_fwd(x, gamma, beta, (np.zeros(6), np.ones(6)), training=training)
        assert np.array_equal(ours.y, given.y) and np.array_equal(ours.run.var, given.run.var)


# --------------------------------------------------------------------- layer, group, instance


@pytest.mark.ground_truth(
    function="normalization.layernorm_fwd, norm_bwd",
    result="layer normalisation, forward and backward",
    source="Ba, Kiros & Hinton 2016",
    figure="torch.nn.functional.layer_norm and autograd",
)
@pytest.mark.parametrize("shape", [*SHAPES, (1, 7), (4, 3, 5)])
def test_layernorm_is_torchs(shape, record_property):
    x, gamma, beta, dy = data(shape, 5, affine=shape[1:])
    y, cache = layernorm_fwd(x, gamma, beta, 0.01)

    def torchs(x, gamma, beta):
        return F.layer_norm(x, shape[1:], gamma, beta, 0.01)

    deviation = deviation_from(torchs, dy, x, gamma, beta, y, cache)
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.groupnorm_fwd, norm_bwd",
    result="group normalisation, forward and backward",
    source="Wu & He 2018",
    figure="torch.nn.functional.group_norm and autograd",
)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("groups", [1, 2, 3])
def test_groupnorm_is_torchs(shape, groups, record_property):
    x, gamma, beta, dy = data(shape, 6)
    y, cache = groupnorm_fwd(x, groups, gamma, beta, 0.01)

    def torchs(x, gamma, beta):
        return F.group_norm(x, groups, gamma, beta, 0.01)

    deviation = deviation_from(torchs, dy, x, gamma, beta, y, cache)
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.instancenorm_fwd, norm_bwd",
    result="instance normalisation, forward and backward",
    source="Ulyanov, Vedaldi & Lempitsky 2016",
    figure="torch.nn.functional.instance_norm and autograd",
)
def test_instancenorm_is_torchs(record_property):
    x, gamma, beta, dy = data(SHAPES[1], 7)
    y, cache = instancenorm_fwd(x, gamma, beta, 0.01)

    def torchs(x, gamma, beta):
        return F.instance_norm(x, weight=gamma, bias=beta, eps=0.01)

    deviation = deviation_from(torchs, dy, x, gamma, beta, y, cache)
    assert deviation <= 1e-13
    record_property("deviation", deviation)


def test_examples_do_not_see_each_other_except_in_batchnorm():
    x, gamma, beta, _ = data(SHAPES[1], 8)
    alone = x[:1]
    whole = groupnorm_fwd(x, 2, gamma, beta).y[:1]
    assert np.allclose(groupnorm_fwd(alone, 2, gamma, beta).y, whole, rtol=1e-13)
    assert not np.allclose(batchnorm_fwd(alone, gamma, beta).y, batchnorm_fwd(x, gamma, beta).y[:1])


# -------------------------------------------------------------------------- weight normalisation


@pytest.mark.ground_truth(
    function="normalization.weightnorm_fwd, weightnorm_bwd",
    result="weight normalisation, forward and backward; <v, dv> = 0",
    source="Salimans & Kingma 2016, eqs. 2 and 3",
    figure="torch.nn.utils.parametrizations.weight_norm and autograd",
)
@pytest.mark.parametrize("shape", [(3, 5), (4, 2, 3, 3)])
def test_weight_normalisation_is_torchs(shape, record_property):
    rng = np.random.default_rng(9)
    v, g, dw = rng.normal(size=shape), rng.normal(size=shape[0]), rng.normal(size=shape)
    layer = torch.nn.Module()
    layer.weight = torch.nn.Parameter(torch.tensor(v))
    torch.nn.utils.parametrizations.weight_norm(layer)
    scale, direction = (
        layer.parametrizations.weight.original0,
        layer.parametrizations.weight.original1,
    )
    with torch.no_grad():
        scale.copy_(torch.tensor(g).reshape(scale.shape))
    expected_dg, expected_dv = torch.autograd.grad(
        layer.weight, [scale, direction], torch.tensor(dw)
    )
    dv, dg = weightnorm_bwd(dw, v, g)
    deviation = max(
        abs(weightnorm_fwd(v, g) - layer.weight.detach().numpy()).max(),
        abs(dv - expected_dv.numpy()).max(),
        abs(dg - expected_dg.numpy().reshape(-1)).max(),
        abs((dv * v).reshape(shape[0], -1).sum(axis=1)).max(),
    )
    assert deviation <= 1e-13
    record_property("deviation", deviation)


# -------------------------------------------------------------------------------------- dropout


@pytest.mark.ground_truth(
    function="normalization.dropout",
    result="entries are 0 with probability p, else x / (1 - p); the mean is x",
    source="Srivastava et al. 2014",
    figure="200,000 entries, 6 standard errors",
)
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_dropout_keeps_the_mean(p, library, record_property):
    n = 200_000
    gen = np.random.default_rng(0) if library == "numpy" else torch.Generator().manual_seed(0)
    y = dropout(np.full((400, n // 400), 3.0), p, True, gen)
    values = np.unique(y)
    assert np.allclose(values, [0.0, 3 / (1 - p)], rtol=1e-15)
    deviation = abs((y == 0).mean() - p) / math.sqrt(p * (1 - p) / n)
    assert deviation <= 6
    assert (y != y[0]).any() and (y != y[:, :1]).any()  # no mask shared by rows or columns
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="normalization.dropout",
    result="the mean of a linear model over all 2^n thinned models is the model at inference",
    source="Srivastava et al. 2014, section 4; H4.5",
    figure="exact enumeration, n = 8, p = .3",
)
def test_inference_is_the_mean_of_the_ensemble(record_property):
    rng = np.random.default_rng(1)
    w, x, p = rng.normal(size=8), rng.normal(size=8), 0.3
    mean = 0.0
    for mask in itertools.product([0, 1], repeat=8):
        probability = (1 - p) ** sum(mask) * p ** (8 - sum(mask))
        mean += probability * (w @ (np.array(mask) * x / (1 - p)))
    deviation = abs(mean - w @ dropout(x, p, False, rng))
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.parametrize("scale", [2.0**-1060, 2.0**-600, 2.0**600, 2.0**1020])
def test_weight_normalisation_does_not_depend_on_the_size_of_v(scale):
    rng = np.random.default_rng(0)
    v, g, dw = rng.integers(1, 9, size=(3, 4)) * 1.0, rng.normal(size=3), rng.normal(size=(3, 4))
    assert np.allclose(weightnorm_fwd(scale * v, g), weightnorm_fwd(v, g), rtol=1e-15, atol=0)
    dv, dg = weightnorm_bwd(dw, scale * v, 2.0**-50 * scale * g)
    expected = weightnorm_bwd(dw, v, 2.0**-50 * g)
    assert np.allclose(dg, expected[1], rtol=1e-14)
    coarse = 1e-13 if scale > 2.0**-1000 else 0.5  # there g itself has hardly a digit
    assert np.isfinite(dv).all() and np.allclose(dv, expected[0], rtol=coarse, atol=coarse * 1e-15)


def test_a_batch_without_examples_is_normalised_to_one():
    x = np.ones((0, 4, 2, 2))
    for y, cache in (
        layernorm_fwd(x, np.ones((4, 2, 2)), np.zeros((4, 2, 2))),
        groupnorm_fwd(x, 2, np.ones(4), np.zeros(4)),
    ):
        assert y.shape == x.shape and norm_bwd(x, cache).dx.shape == x.shape


def test_running_statistics_are_copied_at_inference():
    run = (np.zeros(2), np.ones(2))
    new = batchnorm_fwd(np.eye(2), np.ones(2), np.zeros(2), run, training=False).run
    assert not any(np.shares_memory(a, b) for a, b in zip(new, run, strict=True))


def test_dropped_entries_are_zero_even_if_infinite():
    x = np.array([np.inf, -np.inf, np.nan, 1.0] * 50)
    y = dropout(x, 0.5, True, np.random.default_rng(0))
    dropped = np.random.default_rng(0).random(200) < 0.5
    assert (y[dropped] == 0).all() and np.array_equal(y[~dropped], 2 * x[~dropped], equal_nan=True)


def test_dropouts_edges_and_purity():
    gen, x = np.random.default_rng(2), np.array([[1.0, -2.0, 3.0]])
    state = gen.bit_generator.state
    assert np.array_equal(dropout(x, 0.5, False, gen), x)
    assert gen.bit_generator.state == state
    assert np.array_equal(dropout(x, 0.0, True, gen), x)
    assert np.array_equal(dropout(x, 1.0, True, gen), 0 * x)
    copy = dropout(x, 0.0, True, gen)
    copy[0, 0] = 9
    assert x[0, 0] == 1
    same = [dropout(x, 0.5, True, np.random.default_rng(5)) for _ in range(2)]
    assert np.array_equal(*same)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_keep_their_kind_and_dtype(dtype):
    x, gamma, beta, dy = (torch.tensor(a, dtype=dtype) for a in data(SHAPES[1], 10))
    rtol = 1e-4 if dtype == torch.float32 else 1e-12
    for forward in (
        lambda x, g, b: batchnorm_fwd(x, g, b)[0::2],
        lambda x, g, b: batchnorm_fwd(x, g, b, training=False)[0::2],
        lambda x, g, b: groupnorm_fwd(x, 3, g, b),
    ):
        y, cache = forward(x, gamma, beta)
        expected, numpy_cache = forward(*(a.double().numpy() for a in (x, gamma, beta)))
        assert y.dtype == dtype and np.allclose(y, expected, rtol=rtol, atol=rtol)
        for ours, reference in zip(
            norm_bwd(dy, cache), norm_bwd(dy.double().numpy(), numpy_cache), strict=True
        ):
            assert ours.dtype == dtype and np.allclose(ours, reference, rtol=rtol, atol=10 * rtol)
    assert dropout(x, 0.5, True, torch.Generator()).dtype == dtype
    assert weightnorm_fwd(x, torch.ones(5, dtype=dtype)).dtype == dtype


def test_arguments_are_not_changed():
    arrays = data(SHAPES[1], 11)
    before = [a.copy() for a in arrays]
    x, gamma, beta, dy = arrays
    for cache in (batchnorm_fwd(x, gamma, beta).cache, groupnorm_fwd(x, 2, gamma, beta).cache):
        norm_bwd(dy, cache)
    dropout(x, 0.5, True, np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


# --------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: batchnorm_fwd([1.0], [1.0], [0.0]), r"x must be of shape \(N, C\) or"),
        (lambda: batchnorm_fwd([[1.0]], [1.0], [0.0]), "x must be more than one value per channel"),
        (
            lambda: batchnorm_fwd([[1.0], [2.0]], [1.0, 1.0], [0.0]),
            r"gamma must be of shape \(1,\)",
        ),
        (lambda: batchnorm_fwd([[1.0], [2.0]], [1.0], [0.0], momentum=2), "momentum must be"),
        (lambda: batchnorm_fwd([[1.0], [2.0]], [1.0], [0.0], ([0.0], [1.0, 2.0])), "run.var must"),
        (lambda: groupnorm_fwd(np.ones((2, 4)), 3, np.ones(4), np.ones(4)), "groups must be a div"),
        (
            lambda: instancenorm_fwd(np.ones((2, 4)), np.ones(4), np.ones(4)),
            r"x must be .*N, C, H, W",
        ),
        (lambda: weightnorm_fwd([1.0], [1.0]), r"v must be of shape \(out, in\) or"),
        (
            lambda: dropout([1.0], 1.5, True, np.random.default_rng(0)),
            r"p must be .*\[0, 1\], got 1.5",
        ),
        (
            lambda: batchnorm_fwd(np.ones((2, 0)), [], []),
            r"x must be at least one value per example, got \(2, 0\)",
        ),
        (
            lambda: layernorm_fwd(np.ones((2, 0)), [], []),
            "x must be at least one value per example, got",
        ),
        (lambda: groupnorm_fwd(np.ones((2, 0)), 1, [], []), "x must be at least one value"),
        (lambda: weightnorm_fwd([[1.0], [0.0]], [1.0, 1.0]), "v must be rows that are not zero"),
        (lambda: weightnorm_fwd(np.ones((2, 0)), [1.0, 1.0]), "v must be rows of at least one"),
        (
            lambda: norm_bwd(np.ones((3, 2)), layernorm_fwd(np.eye(2, 3), [1] * 3, [0] * 3).cache),
            r"dy must be of shape \(2, 3\), got \(3, 2\)",
        ),
        (
            lambda: norm_bwd(np.ones((3, 1)), batchnorm_fwd([[1.0], [2.0]], [1.0], [0.0]).cache),
            r"dy must be of shape \(2, 1\), got \(3, 1\)",
        ),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_seed_is_not_a_generator():
    with pytest.raises(
        TypeError, match="gen must be a numpy.random.Generator or a torch.Generator"
    ):
        dropout([1.0], 0.5, True, 0)
