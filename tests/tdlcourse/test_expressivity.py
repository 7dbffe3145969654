"""expressivity: recurrences, exact counts, closed forms, enumeration and torch as oracles."""

import itertools
import math

import numpy as np
import pytest
import torch

from tdlcourse.expressivity import (
    count_regions_2d,
    min_shallow,
    montufar_lower,
    montufar_network,
    pascanu_lower,
    path_sum,
    relu_interpolant,
    square_relu,
    tent,
    zaslavsky,
)

UNIT_SQUARE = ((0, 1), (0, 1))


# ------------------------------------------------------------------------------------ region bounds


@pytest.mark.ground_truth(
    function="expressivity.zaslavsky",
    result="regions of n lines in general position",
    source="Zaslavsky 1975; Artieres' deck",
    figure="37, 79",
)
@pytest.mark.parametrize(("n", "regions"), [(8, 37), (12, 79)])
def test_lines_in_general_position(n, regions, record_property):
    assert zaslavsky(n, 2) == regions
    assert count_regions_2d(*montufar_network([n]), UNIT_SQUARE) == regions
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="expressivity.zaslavsky",
    result="a hyperplane adds the regions it is cut into",
    source="Zaslavsky 1975",
    figure="r(n, d) = r(n-1, d) + r(n-1, d-1)",
)
def test_zaslavsky_obeys_deletion_and_restriction(record_property):
    for n, d in itertools.product(range(1, 25), range(1, 9)):
        assert zaslavsky(n, d) == zaslavsky(n - 1, d) + zaslavsky(n - 1, d - 1)
        assert zaslavsky(0, d) == zaslavsky(n, 0) == 1
    record_property("deviation", 0)


def test_counts_are_exact_integers_of_any_size():
    assert zaslavsky(200, 200) == 2**200
    assert zaslavsky(10**6, 2) == 10**6 * (10**6 + 1) // 2 + 1
    assert montufar_lower(3, [300] * 5) == 100**12 * zaslavsky(300, 3)


@pytest.mark.ground_truth(
    function="expressivity.montufar_lower",
    result="regions of networks with two inputs",
    source="Montufar et al. 2014; Artieres' deck",
    figure="44 (4, 4), 176 (4, 4, 4), 9472 (8, 8, 8)",
)
@pytest.mark.parametrize(("widths", "regions"), [([4, 4], 44), ([4, 4, 4], 176), ([8, 8, 8], 9472)])
def test_montufars_bound_is_attained(widths, regions, record_property):
    assert montufar_lower(2, widths) == regions
    assert count_regions_2d(*montufar_network(widths), UNIT_SQUARE) == regions
    record_property("deviation", 0)


@pytest.mark.parametrize("widths", [[2], [1], [2, 1], [5, 3], [3, 7, 2], [6, 9], [4, 2, 5, 1]])
def test_the_construction_attains_the_bound_for_all_widths(widths):
    regions = count_regions_2d(*montufar_network(widths), UNIT_SQUARE)
    assert regions == montufar_lower(2, widths)


@pytest.mark.ground_truth(
    function="expressivity.montufar_lower",
    result="a lower bound on the maximum, not the maximum",
    source="Artieres' deck, 'Maximum number of regions: 2^((k-1) n0) sum ...' corrected",
    figure="more than 44 regions with two layers of 4",
)
def test_the_formula_of_the_slide_is_exceeded(record_property):
    n0, k = 2, 2
    slide = 2 ** ((k - 1) * n0) * sum(math.comb(2 * n0, j) for j in range(n0 + 1))
    found = count_regions_2d(*montufar_network([4, 4]), ((-3, 3), (-3, 3)))
    assert slide == montufar_lower(2, [4, 4]) == 44
    assert found > slide
    record_property("deviation", found - slide)


def test_widths_are_rounded_down_to_multiples_of_the_inputs():
    assert montufar_lower(2, [5, 4]) == montufar_lower(2, [4, 4])
    assert montufar_lower(3, [2, 10]) == 0


@pytest.mark.ground_truth(
    function="expressivity.pascanu_lower",
    result="floor(n / n0) instead of its power",
    source="Pascanu, Montufar & Bengio 2014, theorem 1",
    figure="22 (4, 4), 44 (4, 4, 4), 592 (8, 8, 8)",
)
def test_pascanus_bound(record_property):
    assert [pascanu_lower(2, w) for w in ([4, 4], [4, 4, 4], [8, 8, 8])] == [22, 44, 592]
    assert pascanu_lower(1, [6, 6, 5]) == montufar_lower(1, [6, 6, 5])
    record_property("deviation", 0)


@pytest.mark.ground_truth(
    function="expressivity.min_shallow",
    result="shallow units for 9472 regions",
    source="Artieres' deck, 'at least 137' (true, not tight)",
    figure="138",
)
def test_138_shallow_units_for_9472_regions(record_property):
    assert min_shallow(2, 9472) == 138
    assert zaslavsky(137, 2) == 9454
    record_property("deviation", 0)


@pytest.mark.parametrize("n0", [1, 2, 5])
def test_min_shallow_inverts_zaslavsky(n0):
    for R in [1, 2, 3, 10, 1000, 10**30]:
        n = min_shallow(n0, R)
        assert zaslavsky(n, n0) >= R
        assert n == 0 or zaslavsky(n - 1, n0) < R


# ----------------------------------------------------------------------------------- approximation


def evaluated(interpolant, x):
    c, alpha, knots = interpolant
    return c + np.maximum(x[:, None] - knots, 0) @ alpha


@pytest.mark.ground_truth(
    function="expressivity.relu_interpolant",
    result="error of 20 units for sin on [-pi, pi]",
    source="de Boor, chapter III; recomputed independently",
    figure="0.01216 <= h^2 max|f''| / 8 = 0.01234",
)
def test_interpolation_of_the_sine(record_property):
    x = np.linspace(-np.pi, np.pi, 200_001)
    error = abs(evaluated(relu_interpolant(math.sin, -math.pi, math.pi, 20), x) - np.sin(x)).max()
    assert error == pytest.approx(0.01216, abs=5.1e-6)
    assert error <= (2 * math.pi / 20) ** 2 / 8 == pytest.approx(0.01234, abs=5.1e-6)
    record_property("deviation", abs(error - 0.01216))


@pytest.mark.ground_truth(
    function="expressivity.relu_interpolant",
    result="the piecewise linear interpolant",
    source="Pinkus 1999",
    figure="numpy.interp",
)
@pytest.mark.parametrize(("a", "b", "N"), [(-2.0, 1.0, 7), (0.0, 1.0, 1), (3.0, 3.5, 33)])
def test_network_is_the_linear_interpolant(a, b, N, record_property):
    x, nodes = np.linspace(a, b, 1001), np.linspace(a, b, N + 1)
    network = relu_interpolant(lambda t: math.exp(t), a, b, N)
    deviation = abs(evaluated(network, x) - np.interp(x, nodes, np.exp(nodes))).max()
    assert deviation <= 1e-11
    assert network.alpha.shape == network.knots.shape == (N,)
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="expressivity.tent",
    result="2^k linear pieces",
    source="Telgarsky 2016",
    figure="1 - |2 frac(2^(k-1) x) - 1|",
)
@pytest.mark.parametrize("k", [1, 2, 5, 10])
def test_tent_is_the_triangle_wave(k, record_property):
    x = np.arange(2 ** (k + 2) + 1) / 2 ** (k + 2)  # four points a piece, exact in binary
    wave = tent(x, k)
    np.testing.assert_array_equal(wave, 1 - abs(2 * np.modf(2 ** (k - 1) * x)[0] - 1))
    slopes = np.diff(wave)
    assert 1 + np.count_nonzero(np.diff(slopes)) == 2**k
    assert set(abs(slopes)) == {0.25}
    record_property("deviation", 0.0)


def test_tent_of_order_0_is_the_identity_and_torch_stays_torch():
    x = torch.rand(5, 2, dtype=torch.float32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(tent(x, 0), x)
    assert tent(x, 3).dtype == torch.float32
    np.testing.assert_allclose(tent(x, 3).numpy(), tent(x.numpy(), 3))


@pytest.mark.ground_truth(
    function="expressivity.square_relu",
    result="largest error of the approximation of x^2",
    source="Yarotsky 2017, proposition 2",
    figure="exactly 2^(-2m-2)",
)
@pytest.mark.parametrize("m", [0, 1, 2, 5, 9])
def test_square_has_error_exactly_2_to_the_minus_2m_plus_2(m, record_property):
    x = np.arange(2 ** (m + 4) + 1) / 2 ** (m + 4)
    nodes = np.arange(2**m + 1) / 2**m
    approximation = square_relu(x, m)
    assert abs(approximation - x**2).max() == 2.0 ** (-2 * m - 2)
    np.testing.assert_array_equal(approximation, np.interp(x, nodes, nodes**2))
    record_property("deviation", 0.0)


@pytest.mark.parametrize("m", [32, 600])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_deep_squares_are_squares(m, dtype):
    x = torch.linspace(0, 1, 101, dtype=dtype)
    for found in (square_relu(x, m), torch.tensor(square_relu(x.numpy(), m))):
        assert found.dtype == dtype
        assert float((found - x**2).abs().max()) <= 4 * torch.finfo(dtype).eps


# ---------------------------------------------------------------------------------------- path sum


def enumerated_paths(Ws, x):
    """Every path's weight product, one by one, with the gates of a forward pass."""
    gates, value = [np.ones(len(x), bool)], x
    for W in Ws[:-1]:
        value = np.maximum(W @ value, 0)
        gates.append(value > 0)
    y, active = np.zeros(len(Ws[-1])), 0
    for path in itertools.product(*map(range, [len(x), *map(len, Ws)])):
        if all(gate[i] for gate, i in zip(gates, path, strict=False)):
            weights = [W[j, i] for W, i, j in zip(Ws, path, path[1:], strict=False)]
            y[path[-1]] += x[path[0]] * np.prod(weights)
            active += 1
    return y, active


@pytest.mark.ground_truth(
    function="expressivity.path_sum",
    result="output and number of active paths",
    source="Choromanska et al. 2015",
    figure="enumeration of all paths; torch forward pass",
)
@pytest.mark.parametrize("sizes", [(3, 4, 2), (2, 5, 3, 1), (4, 2), (3, 3, 3, 3, 2)])
def test_path_sum_is_the_sum_over_paths(sizes, record_property):
    rng = np.random.default_rng(sum(sizes))
    Ws = [rng.normal(size=(o, i)) for i, o in itertools.pairwise(sizes)]
    x = rng.normal(size=sizes[0])
    y, n_active = path_sum(Ws, x)
    expected, active = enumerated_paths(Ws, x)
    forward = torch.tensor(x)
    for W in Ws[:-1]:
        forward = torch.relu(torch.tensor(W) @ forward)
    forward = torch.tensor(Ws[-1]) @ forward
    assert n_active == active
    deviation = max(abs(y - expected).max(), abs(y - forward.numpy()).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="expressivity.path_sum",
    result="degree in the weights is the number of weight layers",
    source="Artieres' deck, 'degree = number of hidden layers' corrected",
    figure="hidden layers + 1",
)
@pytest.mark.parametrize("hidden", [1, 2, 3])
def test_degree_is_the_number_of_weight_layers(hidden, record_property):
    rng = np.random.default_rng(hidden)
    Ws = [rng.normal(size=(5, 5)) for _ in range(hidden + 1)]
    x = rng.normal(size=5)
    once, twice = path_sum(Ws, x).y, path_sum([2 * W for W in Ws], x).y
    np.testing.assert_array_equal(twice, 2 ** (hidden + 1) * once)
    record_property("deviation", 0.0)


def test_all_paths_are_active_when_weights_and_inputs_are_positive():
    Ws = [np.ones((4, 3)), np.ones((5, 4)), np.ones((2, 5))]
    y, n_active = path_sum(Ws, torch.ones(3))
    assert n_active == 3 * 4 * 5 * 2
    assert y.dtype == torch.float32
    assert y.tolist() == [60.0, 60.0]


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: zaslavsky(-1, 2), "n must be an integer in .0, inf., got -1"),
        (lambda: montufar_lower(2, []), "widths must be a list of at least one width"),
        (lambda: montufar_lower(0, [3]), "n0 must be an integer"),
        (lambda: montufar_network([1, 4]), r"widths\[0\] must be an integer in \[2, inf\)"),
        (lambda: min_shallow(2, 0), "R must be an integer"),
        (lambda: relu_interpolant(math.sin, 1.0, 1.0, 3), "b must be a real number in .1, inf."),
        (lambda: tent([0.5, 1.5], 2), "x must be in .0, 1., got 1.5"),
        (lambda: square_relu([np.nan], 2), "x must be in .0, 1., got nan"),
        (lambda: path_sum([], [1.0]), "Ws must be a list of at least one matrix"),
        (lambda: path_sum([np.ones((2, 3))], [1.0]), r"Ws\[0\] must be of shape \(out, 1\)"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_counts_refuse_floats():
    with pytest.raises(TypeError, match="n must be an integer in .*, got 8.0"):
        zaslavsky(8.0, 2)
