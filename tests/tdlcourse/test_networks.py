"""networks: arithmetic, functional re-statements and tensorly as oracles."""

import itertools
from math import prod

import numpy as np
import pytest
import tensorly
import torch
from torch import nn
from torch.nn import functional as F

from tdlcourse.networks import (
    MLP,
    AuxHead,
    ConvAC,
    DeepLinear,
    LinearResNet,
    TTLinear,
    param_count,
    resnet_cifar,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


# --------------------------------------------------------------------------------- param_count


@pytest.mark.ground_truth(
    function="networks.param_count",
    result="AlexNet has 60,965,224 parameters",
    source="Krizhevsky, Sutskever & Hinton 2012",
    figure="60965224",
)
def test_alexnets_parameters(record_property):
    convs = [(3, 96, 11, 1), (96, 256, 5, 2), (256, 384, 3, 1), (384, 384, 3, 2), (384, 256, 3, 2)]
    alexnet = nn.Sequential(
        *(nn.Conv2d(i, o, k, groups=g, device="meta") for i, o, k, g in convs),
        *(nn.Linear(i, o, device="meta") for i, o in [(9216, 4096), (4096, 4096), (4096, 1000)]),
    )
    assert param_count(alexnet) == 60_965_224
    record_property("deviation", 0)


def test_a_shared_parameter_counts_once_and_lists_work():
    layer = nn.Linear(3, 2)
    assert param_count(nn.Sequential(layer, layer)) == 8
    assert param_count([np.zeros((2, 3)), torch.zeros(2), np.zeros(())]) == 9
    assert param_count(nn.BatchNorm2d(4)) == 8  # running statistics are buffers


# ------------------------------------------------------------------------------------ resnets


def resnet_count(depth):
    """He et al. 2016, table 6, by hand: convolutions, two numbers per BN channel, classifier."""
    n, channels = (depth - 2) // 6, [16, 32, 64]
    stem = 3 * 9 * 16 + 2 * 16
    same = sum(2 * n * 9 * c * c for c in channels)
    growth = 9 * 16 * 32 - 9 * 32 * 32 + 9 * 32 * 64 - 9 * 64 * 64
    norms = sum(2 * n * 2 * c for c in channels)
    return stem + same + growth + norms + 64 * 10 + 10


@pytest.mark.ground_truth(
    function="networks.resnet_cifar",
    result="parameters of ResNet-20, 32, 44, 56, 110, 1202 with shortcut A; B adds 2,752",
    source="He et al. 2016, table 6 (.27M, .46M, .66M, .85M, 1.7M, 19.4M)",
    figure="269722, 464154, 658586, 853018, 1727962, 19421274",
)
@pytest.mark.parametrize(
    ("depth", "count"),
    [
        (20, 269_722),
        (32, 464_154),
        (44, 658_586),
        (56, 853_018),
        (110, 1_727_962),
        (1202, 19_421_274),
    ],
)
def test_sizes_of_the_cifar_resnets(depth, count, record_property):
    assert resnet_count(depth) == count
    assert param_count(resnet_cifar(depth, dtype=torch.float32)) == count
    if depth <= 110:
        assert param_count(resnet_cifar(depth, "B")) == count + 2_752
        assert param_count(resnet_cifar(depth, "none")) == count
    record_property("deviation", 0)


def residual_branch(unit):
    """The unit without its shortcut, put together from its own layers."""
    if unit.preactivation:
        layers = [unit.bn1, nn.ReLU(), unit.conv1, unit.bn2, nn.ReLU(), unit.conv2]
    else:
        layers = [unit.conv1, unit.bn1, nn.ReLU(), unit.conv2, unit.bn2]
    return nn.Sequential(*layers)


def identity_with_zeros(x, channels):
    """Shortcut A in numpy: every other pixel if the channels double, zeros as last channels."""
    x = x.numpy()
    if channels == x.shape[1]:
        return torch.tensor(x)
    out = np.zeros((len(x), channels, (x.shape[2] + 1) // 2, (x.shape[3] + 1) // 2))
    for i, j in itertools.product(range(out.shape[2]), range(out.shape[3])):
        out[:, : x.shape[1], i, j] = x[:, :, 2 * i, 2 * j]
    return torch.tensor(out)


@pytest.mark.parametrize("preactivation", [False, True])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_unit_adds_its_input_to_its_residual(preactivation, index):
    net = resnet_cifar(8, preactivation=preactivation, gen=generator(1)).eval()
    unit = [m for m in net if hasattr(m, "conv1")][index]
    x = randn(2, unit.conv1.in_channels, 8, 8)
    before = x.clone()
    with torch.no_grad():
        expected = residual_branch(unit)(x) + identity_with_zeros(x, unit.conv1.out_channels)
        if not preactivation:
            expected = expected.clamp(min=0)
        assert torch.allclose(unit(x), expected, rtol=1e-12, atol=1e-14)
    assert torch.equal(x, before)


def test_shortcut_b_projects_only_where_the_shape_changes():
    net = resnet_cifar(14, "B")
    projections = [m.project[0] for m in net if hasattr(m, "project")]
    shapes = [(c.in_channels, c.out_channels, c.kernel_size, c.stride) for c in projections]
    assert shapes == [(16, 32, (1, 1), (2, 2)), (32, 64, (1, 1), (2, 2))]
    assert net(randn(2, 3, 32, 32)).shape == (2, 10)


def test_without_shortcuts_zero_scales_cut_the_signal():
    for shortcut, alive in (("none", False), ("A", True)):
        net = resnet_cifar(8, shortcut)
        for unit in net:
            if hasattr(unit, "bn2"):
                nn.init.zeros_(unit.bn2.weight)
        logits = net(randn(3, 3, 32, 32))
        assert (logits.std(dim=0).max() > 0.01) == alive


@pytest.mark.parametrize(("preactivation", "extra"), [(False, 2752), (True, 2560)])
def test_what_projections_cost(preactivation, extra):
    # 16 * 32 + 32 * 64 weights; without preactivation also BN's 2 (32 + 64)
    counts = [param_count(resnet_cifar(8, s, preactivation=preactivation)) for s in "AB"]
    assert counts[1] - counts[0] == extra


def test_preactivation_costs_no_parameters_with_shortcut_a():
    assert param_count(resnet_cifar(20, preactivation=True)) == 269_722


# ----------------------------------------------------------------------- MLP and its relatives


@pytest.mark.ground_truth(
    function="networks.MLP",
    result="a chain of affine maps and activations",
    source="definition, in numpy",
    figure="<= 1e-13",
)
@pytest.mark.parametrize(
    ("act", "function"),
    [
        ("relu", lambda u: np.maximum(u, 0)),
        ("tanh", np.tanh),
        ("sigmoid", lambda u: 1 / (1 + np.exp(-u))),
        ("identity", lambda u: u),
    ],
)
def test_mlp_is_the_formula(act, function, record_property):
    net, x = MLP([4, 6, 5, 3], act, gen=generator(2)), randn(7, 4)
    for layer in net.layers[::2]:
        nn.init.normal_(layer.bias, generator=generator(3))
    v = x.numpy()
    for k, layer in enumerate(net.layers[::2]):
        v = (v if k == 0 else function(v)) @ layer.weight.detach().numpy().T
        v = v + layer.bias.detach().numpy()
    deviation = abs(net(x).detach().numpy() - v).max()
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="networks.MLP",
    result="erratum: degree of homogeneity in the weights is hidden layers + 1",
    source="Artieres deck, 'degree = number of hidden layers'",
    figure="f(2 W) = 2^(hidden + 1) f(W)",
)
@pytest.mark.parametrize("hidden", [0, 1, 3])
def test_relu_networks_are_homogeneous_in_all_weight_layers(hidden, record_property):
    net, x = MLP([3] + [5] * hidden + [2], bias=False, gen=generator(4)), randn(6, 3)
    before = net(x)
    with torch.no_grad():
        for W in net.weights:
            W *= 2
    deviation = (net(x) - 2 ** (hidden + 1) * before).abs().max().item()
    assert deviation == 0
    record_property("deviation", deviation)


def test_weights_have_he_variance():
    W = MLP([400, 300], gen=generator(5)).weights[0]
    # 120,000 normal entries: the sample variance has relative standard error sqrt(2 / 120000).
    assert W.var().item() == pytest.approx(1 / 400 * 2, rel=6 * (2 / 120_000) ** 0.5)


def test_the_global_generator_is_left_alone_and_the_seed_decides():
    state = torch.get_rng_state()
    nets = [MLP([3, 4, 2], gen=generator(seed)) for seed in (1, 1, 2)]
    resnet_cifar(8), ConvAC((2, 2), 3), TTLinear((2, 2), (2, 2), 2), LinearResNet(2, 2, std=0.1)
    assert torch.equal(torch.get_rng_state(), state)
    x = randn(5, 3)
    assert torch.equal(nets[0](x), nets[1](x)) and not torch.equal(nets[0](x), nets[2](x))
    assert torch.equal(MLP([3, 2])(x), MLP([3, 2])(x))


@pytest.mark.ground_truth(
    function="networks.DeepLinear",
    result="end-to-end matrix",
    source="Saxe, McClelland & Ganguli 2014",
    figure="torch.func.jacrev of the network",
)
def test_end_to_end_matrix_is_the_jacobian(record_property):
    net, x = DeepLinear([4, 6, 2, 3], gen=generator(6)), randn(4)
    deviation = (torch.func.jacrev(net)(x) - net.end_to_end()).abs().max().item()
    assert deviation <= 1e-14
    assert param_count(net) == 24 + 12 + 6
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="networks.LinearResNet",
    result="product of I + W_k, the identity at std 0",
    source="Hardt & Ma 2017",
    figure="torch.func.jacrev against torch.linalg.multi_dot",
)
def test_linear_residual_network_is_a_product(record_property):
    x, eye = randn(5), torch.eye(5, dtype=torch.float64)
    assert torch.equal(LinearResNet(5, 9)(x), x)
    net = LinearResNet(5, 3, std=0.3, gen=generator(7))
    product = torch.linalg.multi_dot([eye + W for W in reversed(net.weights)])
    deviation = (torch.func.jacrev(net)(x) - product).abs().max().item()
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="networks.AuxHead",
    result="mean over positions, then an affine map; brings gradient to early layers",
    source="Szegedy et al. 2015, section 5",
    figure="numpy; gradient of the first of 50 saturated layers",
)
def test_an_auxiliary_head_classifies_features_of_any_layer(record_property):
    head, features = AuxHead(4, 3, gen=generator(8)), randn(2, 4, 5, 6)
    W, b = head.linear.weight, head.linear.bias
    expected = features.numpy().mean(axis=(2, 3)) @ W.detach().numpy().T + b.detach().numpy()
    deviation = abs(head(features).detach().numpy() - expected).max()
    assert deviation <= 1e-14
    assert torch.allclose(head(features.mean((2, 3))), head(features), rtol=1e-13)
    record_property("deviation", deviation)


def test_an_auxiliary_loss_brings_gradient_to_the_first_layers():
    first, rest = MLP([8, 8], gen=generator(9)), MLP([8] * 30 + [3], "tanh", gen=generator(10))
    with torch.no_grad():
        for W in rest.weights:
            W *= 0.2  # the signal vanishes with depth
    head, x, y = AuxHead(8, 3, gen=generator(11)), randn(16, 8), torch.arange(16) % 3
    hidden = first(x)
    weight = first.weights[0]
    main, aux = (F.cross_entropy(logits, y) for logits in (rest(hidden), head(hidden)))
    plain = torch.autograd.grad(main, weight, retain_graph=True)[0].norm()
    helped = torch.autograd.grad(main + 0.3 * aux, weight)[0].norm()
    assert helped > 1e6 * plain


# ------------------------------------------------------------------------------------- ConvAC


def rank(tensor, rows):
    """Rank of the matricisation with the axes `rows` as rows, relative threshold 1e-9."""
    T = tensor.detach().numpy()
    columns = [k for k in range(T.ndim) if k not in rows]
    matrix = T.transpose([*rows, *columns]).reshape(prod(T.shape[k] for k in rows), -1)
    singular = np.linalg.svd(matrix, compute_uv=False)
    return int((singular > 1e-9 * singular[0]).sum())


@pytest.mark.ground_truth(
    function="networks.ConvAC",
    result="the network is multilinear with coefficient tensor T",
    source="Cohen, Sharir & Shashua 2016, eq. 4",
    figure="einsum of T with the inputs",
)
@pytest.mark.parametrize("order", [None, [2, 0, 3, 1]])
def test_the_circuit_is_its_tensor(order, record_property):
    net, x = ConvAC((3, 2), 4, order=order, gen=generator(12)), randn(6, 4, 4)
    T = net.tensor()
    contracted = torch.einsum("abcd,na,nb,nc,nd->n", T, *x.unbind(1))
    deviation = (net(x) - contracted).abs().max().item()
    assert deviation <= 1e-13
    for index in itertools.product(range(4), repeat=4):
        one_hot = torch.eye(4, dtype=torch.float64)[list(index)][None]
        assert abs(net(one_hot).item() - T[index].item()) <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="networks.ConvAC",
    result="N = 4: odd/even rank min(r0, M)^2, contiguous rank min(r0, r1, M^2)",
    source="Cohen, Sharir & Shashua 2016, theorem 1; Cohen & Shashua 2017",
    figure="9 combinations",
)
@pytest.mark.parametrize("ranks", [(2, 3), (3, 2), (5, 4)])
@pytest.mark.parametrize("features", [2, 3, 4])
def test_matricisation_ranks_of_four_inputs(ranks, features, record_property):
    T = ConvAC(ranks, features, gen=generator(13)).tensor()
    assert rank(T, [0, 2]) == min(ranks[0], features) ** 2
    assert rank(T, [0, 1]) == min(*ranks, features**2)
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="networks.ConvAC",
    result="N = 8, r = (2, 3, 3), M = 4: odd/even 16, contiguous 3; the order decides",
    source="Cohen & Shashua, ICLR 2017 (pooling geometry)",
    figure="16, 3; (i, i+4) first: contiguous 16, odd/even 4 or 3 by the tree above",
)
@pytest.mark.parametrize(
    ("order", "odd_even", "contiguous"),
    [
        (None, 16, 3),
        ([0, 4, 1, 5, 2, 6, 3, 7], 4, 16),  # (15)(26) (37)(48)
        ([0, 4, 2, 6, 1, 5, 3, 7], 3, 16),  # (15)(37) (26)(48)
    ],
)
def test_pooling_order_decides_which_correlations_are_cheap(
    order, odd_even, contiguous, record_property
):
    T = ConvAC((2, 3, 3), 4, order=order, gen=generator(14)).tensor()
    assert rank(T, [0, 2, 4, 6]) == odd_even
    assert rank(T, [0, 1, 2, 3]) == contiguous
    record_property("deviation", 0)


# ----------------------------------------------------------------------------------- TTLinear


@pytest.mark.ground_truth(
    function="networks.TTLinear",
    result="fc6 25088 x 4096 in 144 / 528 / 2016 parameters at rank 1 / 2 / 4",
    source="Novikov et al. 2015, section 6.3",
    figure="144, 528, 2016; compression 713614, 194622, 50972",
)
@pytest.mark.parametrize(
    ("rank", "count", "factor"), [(1, 144, 713_614), (2, 528, 194_622), (4, 2016, 50_972)]
)
def test_size_of_a_tensor_train_layer(rank, count, factor, record_property):
    layer = TTLinear((2, 7, 8, 8, 7, 4), (4,) * 6, rank, bias=False)
    assert param_count(layer) == count
    assert layer.in_size * layer.out_size // count == factor
    assert param_count(TTLinear((2, 3), (3, 2), rank)) - 6 == 2 * 3 * rank + 3 * 2 * rank
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="networks.TTLinear",
    result="multiplies by the matrix of its tensor train",
    source="Novikov et al. 2015, eq. 4",
    figure="tensorly.tt_matrix",
)
@pytest.mark.parametrize(
    ("in_modes", "out_modes", "rank"),
    [((5,), (3,), 1), ((2, 3), (3, 1), 2), ((2, 3, 2, 2), (1, 2, 4, 3), (2, 5, 3))],
)
def test_tensor_train_layer_is_tensorlys_matrix(in_modes, out_modes, rank, record_property):
    layer = TTLinear(in_modes, out_modes, rank, gen=generator(15))
    nn.init.normal_(layer.bias, generator=generator(16))
    cores = [core.detach().numpy() for core in layer.cores]
    W = tensorly.tt_matrix.tt_matrix_to_matrix(cores)
    x = randn(2, 3, prod(in_modes), seed=17)
    expected = x.numpy() @ W.T + layer.bias.detach().numpy()
    deviation = max(
        abs(layer(x).detach().numpy() - expected).max(),
        abs(layer.dense().detach().numpy() - W).max(),
    )
    assert deviation <= 1e-13
    record_property("deviation", deviation)


def test_tensor_train_entries_have_variance_one_over_fan_in():
    layers = [TTLinear((4, 4, 4), (4, 4, 4), 3, gen=generator(seed)) for seed in range(200)]
    second = torch.stack([layer.dense().detach()[0, 0] ** 2 for layer in layers])
    # entries are sums of 9 products of 3 normals: fourth moment / variance^2 <= 27, 200 samples
    assert second.mean().item() == pytest.approx(1 / 64, rel=6 * (26 / 200) ** 0.5)
    assert np.isclose(np.mean([W.dense().var().item() for W in layers]), 1 / 64, rtol=0.2)


# ------------------------------------------------------------------------------------- errors


def test_a_tensor_train_layer_takes_empty_batches_and_numpys_integers():
    layer = TTLinear((2, 3), (3, 2), np.int64(2))
    assert layer(torch.ones(0, 6, dtype=torch.float64)).shape == (0, 6)
    assert param_count(TTLinear((2, 3), (3, 2), np.array([2]))) == param_count(layer)


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (ValueError, lambda: MLP([3]), r"widths must be at least two sizes"),
        (ValueError, lambda: MLP([3, 0]), r"widths\[1\] must be an integer in \[1, inf\), got 0"),
        (ValueError, lambda: MLP([3, 2], "swish"), "act must be one of .*, got 'swish'"),
        (TypeError, lambda: MLP([3, 2], gen=0), "gen must be a torch.Generator or None, got 0"),
        (ValueError, lambda: resnet_cifar(21), r"depth must be 6n \+ 2 .*, got 21"),
        (ValueError, lambda: resnet_cifar(20, "C"), "shortcut must be one of 'A', 'B', 'none'"),
        (ValueError, lambda: ConvAC((2,), 2, order=[0, 0]), "order must be a permutation"),
        (
            ValueError,
            lambda: ConvAC((2,), 2)(torch.ones(1, 2, 3)),
            r"x must be of shape \(n, 2, 2\)",
        ),
        (ValueError, lambda: TTLinear((2, 2), (2, 2), 0), r"rank\[0\] must be .*, got 0"),
        (ValueError, lambda: TTLinear((2, 2), (2, 2), -1), r"rank\[0\] must be .*, got -1"),
        (ValueError, lambda: TTLinear((2, 0), (2, 2), 1), r"in_modes\[1\] must be .*, got 0"),
        (ValueError, lambda: TTLinear((2, 2), (-2, 2), 1), r"out_modes\[0\] must be .*, got -2"),
        (ValueError, lambda: AuxHead(0, 3), "channels must be .*, got 0"),
        (ValueError, lambda: AuxHead(3, -1), "classes must be .*, got -1"),
        (ValueError, lambda: resnet_cifar(8, classes=0), "classes must be .*, got 0"),
        (ValueError, lambda: LinearResNet(2, 1, std=-1.0), "std must be .*, got -1.0"),
        (ValueError, lambda: LinearResNet(2, 1, std=float("nan")), "std must be .*, got nan"),
        (ValueError, lambda: TTLinear((2, 2), (2,), 1), "in_modes, out_modes, rank must be"),
        (
            ValueError,
            lambda: TTLinear((2,), (2,), 1)(torch.ones(3)),
            r"x must be of shape \(\.\.\., 2",
        ),
    ],
)
def test_wrong_arguments_are_named(kind, call, message):
    with pytest.raises(kind, match=message):
        call()
