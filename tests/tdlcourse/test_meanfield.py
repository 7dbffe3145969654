"""meanfield: adaptive quadrature, Hermite quadrature and wide random networks as oracles."""

import math
import tracemalloc

import mpmath
import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import erf

from tdlcourse.meanfield import (
    chi1,
    corr_map,
    critical_sigma_w2,
    plot_phase_diagram,
    q_star,
    variance_map,
)

ACTIVATIONS = {
    "tanh": (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
    "erf": (erf, lambda u: 2 / math.sqrt(math.pi) * np.exp(-(u**2))),
    "relu": (lambda u: np.maximum(u, 0), lambda u: (u > 0) * 1.0),
    "identity": (lambda u: u, lambda u: 1.0),
}
POINTS = [(1.3, 0.05), (2.5, 0.05), (1.0, 0.3), (4.0, 0.0), (0.5, 0.1)]


def expectation(f, q):
    """E f(sqrt(q) z), by adaptive quadrature."""

    def integrand(z):
        return f(math.sqrt(q) * z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    parts = [quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12) for a, b in ((-12, 0), (0, 12))]
    return sum(value for value, _ in parts)


def hermite_correlation(act, c, sw2, sb2, q, nodes=120):
    z, weight = np.polynomial.hermite_e.hermegauss(nodes)
    weight = weight / weight.sum()
    u, v = np.meshgrid(z, z, indexing="ij")
    product = act(math.sqrt(q) * u) * act(math.sqrt(q) * (c * u + math.sqrt(1 - c * c) * v))
    return (sw2 * (weight @ product @ weight) + sb2) / q


# ------------------------------------------------------------------------------ published values


@pytest.mark.ground_truth(
    function="meanfield.critical_sigma_w2",
    result="critical line of tanh",
    source="Poole et al. 2016, figure 1; recomputed independently",
    figure="1.42421, 1.76095, 1.98607, 2.28515, 2.50513",
)
@pytest.mark.parametrize(
    ("sb2", "sw2"),
    [(0.01, 1.42421), (0.05, 1.76095), (0.1, 1.98607), (0.2, 2.28515), (0.3, 2.50513)],
)
def test_critical_line_of_tanh(sb2, sw2, record_property):
    deviation = abs(critical_sigma_w2(sb2, "tanh") - sw2)
    assert deviation <= 5.1e-6  # five decimals were printed
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="meanfield.chi1",
    result="slope of the correlation map, tanh",
    source="Schoenholz et al. 2017; recomputed independently",
    figure="0.88016 at (1.3, 0.05), 1.13352 at (2.5, 0.05)",
)
@pytest.mark.parametrize(("sw2", "chi"), [(1.3, 0.88016), (2.5, 1.13352)])
def test_slope_at_two_points(sw2, chi, record_property):
    deviation = abs(chi1(sw2, 0.05, "tanh") - chi)
    assert deviation <= 5.1e-6
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="meanfield.critical_sigma_w2",
    result="ReLU is critical at (2, 0) only",
    source="He et al. 2015; Schoenholz et al. 2017",
    figure="2",
)
def test_relu_is_critical_at_2_0(record_property):
    assert critical_sigma_w2(0.0, "relu") == 2
    assert chi1(2.0, 0.0, "relu") == 1
    with pytest.raises(ValueError, match="sb2 must be 0 for relu"):
        critical_sigma_w2(0.1, "relu")
    record_property("deviation", 0.0)


@pytest.mark.ground_truth(
    function="meanfield.corr_map",
    result="ReLU maps correlation 0 to 1/pi",
    source="Cho & Saul 2009",
    figure="0.318310",
)
def test_relu_maps_0_to_1_over_pi(record_property):
    deviation = abs(corr_map(0.0, 2.0, 0.0, "relu") - 1 / math.pi)
    assert deviation <= 1e-15
    record_property("deviation", deviation)


# ------------------------------------------------------------------------------------- quadrature


@pytest.mark.ground_truth(
    function="meanfield.variance_map",
    result="variance of the next layer",
    source="Poole et al. 2016",
    figure="scipy.integrate.quad",
)
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("q", [1e-6, 0.3, 1.0, 7.0, 480.0])
def test_variance_map_is_the_integral(act, q, record_property):
    expected = 1.7 * expectation(lambda u: ACTIVATIONS[act][0](u) ** 2, q) + 0.2
    deviation = abs(variance_map(q, 1.7, 0.2, act) / expected - 1)
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="meanfield.q_star",
    result="fixed point of the variance",
    source="Poole et al. 2016",
    figure="scipy.integrate.quad",
)
@pytest.mark.parametrize("act", ["tanh", "erf"])
@pytest.mark.parametrize(("sw2", "sb2"), POINTS)
def test_q_star_is_a_fixed_point(act, sw2, sb2, record_property):
    q = q_star(sw2, sb2, act)
    image = sw2 * expectation(lambda u: ACTIVATIONS[act][0](u) ** 2, q) + sb2
    deviation = abs(image - q)
    assert q > 0
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.parametrize(("sw2", "sb2"), [(1.3, 0.05), (2.5, 0.05), (4.0, 0.0)])
def test_q_star_is_where_iteration_from_1_ends(sw2, sb2):
    q = 1.0
    for _ in range(3000):
        q = variance_map(q, sw2, sb2)
    assert q_star(sw2, sb2) == pytest.approx(q, rel=1e-12)


@pytest.mark.parametrize(("sw2", "q"), [(0.5, 0.0), (1.0, 0.0)])
def test_without_bias_and_gain_the_signal_dies_out(sw2, q):
    assert q_star(sw2, 0.0, "tanh") == q


def test_just_above_the_transition_the_fixed_point_is_small_and_positive():
    # V(q) = sw2 (q - 2 q^2 + 17/3 q^3 - ...) gives q* = (1 - 1/sw2) / 2 + O((1 - 1/sw2)^2)
    gain = 1 + 1e-4
    assert q_star(gain, 0.0) == pytest.approx((1 - 1 / gain) / 2, rel=1e-3)


@pytest.mark.parametrize("ulps", [1, 2, 3, 5, 10, 1000])
def test_within_rounding_of_the_transition_the_fixed_point_is_found(ulps):
    gain = 1 + ulps * np.finfo(float).eps
    assert 0 <= q_star(gain, 0.0) <= gain - 1
    assert chi1(gain, 0.0) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("excess", [1e-12, 0.9e-8, 1.1e-8, 1e-6])
def test_near_the_transition_the_fixed_point_of_erf_is_exact(excess):
    # gain asin(2 q / (1 + 2 q)) / 2 = q, in forty digits
    with mpmath.workdps(40):
        gain = mpmath.mpf(math.pi / 4 * (1 + excess)) * 4 / mpmath.pi
        ends = [(1 - 1 / gain) * part for part in (0.45, 0.55)]
        exact = float(
            mpmath.findroot(
                lambda q: gain * mpmath.asin(2 * q / (1 + 2 * q)) / 2 - q, ends, solver="anderson"
            )
        )
    rounding = 4 * np.finfo(float).eps / excess
    found = q_star(math.pi / 4 * (1 + excess), 0.0, "erf")
    assert found == pytest.approx(exact, rel=1e-7 + rounding)


@pytest.mark.parametrize(
    ("sw2", "sb2", "act", "q"),
    [
        (1.0, 0.5, "relu", 1.0),
        (2.0, 0.0, "relu", 1.0),
        (2.0, 0.1, "relu", math.inf),
        (3.0, 0.0, "relu", math.inf),
        (0.5, 0.25, "identity", 0.5),
    ],
)
def test_fixed_points_of_homogeneous_activations(sw2, sb2, act, q):
    assert q_star(sw2, sb2, act) == q


@pytest.mark.ground_truth(
    function="meanfield.chi1",
    result="sw2 E act'^2 at the fixed point",
    source="Poole et al. 2016",
    figure="scipy.integrate.quad",
)
@pytest.mark.parametrize("act", ["tanh", "erf"])
@pytest.mark.parametrize(("sw2", "sb2"), POINTS)
def test_chi1_is_the_integral(act, sw2, sb2, record_property):
    q = q_star(sw2, sb2, act)
    expected = sw2 * expectation(lambda u: ACTIVATIONS[act][1](u) ** 2, q)
    deviation = abs(chi1(sw2, sb2, act) - expected)
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.parametrize(("sw2", "sb2"), POINTS[:3])
def test_chi1_is_the_slope_of_the_correlation_map_at_1(sw2, sb2):
    step = 1e-5
    ones = corr_map(np.array([1 - step, 1.0]), sw2, sb2)
    assert ones[1] == pytest.approx(1, abs=1e-14)
    assert (ones[1] - ones[0]) / step == pytest.approx(chi1(sw2, sb2), rel=1e-4)


@pytest.mark.ground_truth(
    function="meanfield.corr_map",
    result="correlation of the next layer",
    source="Poole et al. 2016",
    figure="Gauss-Hermite quadrature, 120 x 120 nodes",
)
@pytest.mark.parametrize("act", ["tanh", "erf"])
@pytest.mark.parametrize("c", [-1.0, -0.6, 0.0, 0.3, 0.95])
def test_correlation_map_by_hermite_quadrature(act, c, record_property):
    sw2, sb2 = 1.3, 0.05
    expected = hermite_correlation(ACTIVATIONS[act][0], c, sw2, sb2, q_star(sw2, sb2, act))
    deviation = abs(corr_map(c, sw2, sb2, act) - expected)
    assert deviation <= 1e-10
    record_property("deviation", deviation)


@pytest.mark.parametrize("c", [-0.99, -0.4, 0.0, 0.7, 1.0])
def test_correlation_map_of_relu_is_an_integral_over_angles(c):
    # E relu relu = (q / pi) int cos(phi) cos(phi - theta) over the angles where both are positive
    theta = math.acos(c)
    integral = quad(
        lambda phi: math.cos(phi) * math.cos(phi - theta), theta - math.pi / 2, math.pi / 2
    )
    sw2, sb2 = 1.0, 0.3
    q = sb2 / (1 - sw2 / 2)
    expected = (sw2 * q * integral[0] / math.pi + sb2) / q
    assert corr_map(c, sw2, sb2, "relu") == pytest.approx(expected, abs=1e-13)


def test_correlation_map_keeps_shape_and_kind():
    c = torch.tensor([[0.0, 0.5], [-0.5, 1.0]], dtype=torch.float64)
    mapped = corr_map(c, 1.3, 0.05)
    assert isinstance(mapped, torch.Tensor)
    assert mapped.shape == c.shape
    np.testing.assert_array_equal(mapped.numpy(), corr_map(c.numpy(), 1.3, 0.05))


@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize(
    ("sw2", "sb2"), [(1.3191386997143268, 0.14219548974429647), (0.7, 0.3), (0.9, 0.01)]
)
def test_an_iterated_correlation_never_leaves_its_domain(act, sw2, sb2):
    sw2 = min(sw2, 0.99) if act == "identity" else sw2
    c = np.array([-1.0, 0.2, 1.0])
    for _ in range(300):
        c = corr_map(c, sw2, sb2, act)
        assert (abs(c) <= 1).all()


def test_the_correlation_map_of_saturated_tanh_is_that_of_the_sign():
    # E sign sign = 2 / pi asin(c), up to 1 / sqrt(q): the grid's 4e7 nodes are not held at once.
    tracemalloc.start()
    mapped = corr_map(0.3, 8000.0, 0.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert mapped == pytest.approx(2 / math.pi * math.asin(0.3), abs=0.02)
    assert peak < 2e8


@pytest.mark.parametrize("act", ["tanh", "erf"])
@pytest.mark.parametrize("sb2", [0.0, 1e-8, 0.05, 3.0])
def test_the_critical_line_separates_order_from_chaos(act, sb2):
    sw2 = critical_sigma_w2(sb2, act)
    assert chi1(sw2, sb2, act) == pytest.approx(1, abs=1e-9)
    assert chi1(0.95 * sw2, sb2, act) < 1 < chi1(1.05 * sw2, sb2, act)


# --------------------------------------------------------------------- the lectures' experiments


def deep_tanh(weight_std, depth=10, width=500, batch=200, seed=0):
    """Activations, and Frobenius norms of a random linear loss's weight gradients."""
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=(batch, width))]
    weights = [weight_std * rng.normal(size=(width, width)) for _ in range(depth)]
    for W in weights:
        values.append(np.tanh(values[-1] @ W.T))
    delta, norms = rng.normal(size=(batch, width)), []
    for W, below, value in zip(weights[::-1], values[-2::-1], values[:0:-1], strict=True):
        delta = delta * (1 - value**2)
        norms.append(np.linalg.norm(delta.T @ below))
        delta = delta @ W
    return values, norms[::-1]


def predicted_std(sw2, depth=10):
    q = sw2  # first pre-activations: inputs have variance 1
    for _ in range(depth - 1):
        q = variance_map(q, sw2, 0.0)
    return math.sqrt(variance_map(q, 1.0, 0.0))


@pytest.mark.ground_truth(
    function="meanfield.variance_map",
    result="10 x 500 tanh network: std of layer 10 by weight std",
    source="Artieres' deck, 'Xavier: std dev = 1/N' corrected to 1/sqrt(N)",
    figure="3.2e-14 (1/N), 0.228 (1/sqrt N), 3e-7 (0.01), 0.982 (1.0)",
)
@pytest.mark.parametrize(
    ("weight_std", "figure", "rounding"),
    [(1 / 500, 3.2e-14, 0.02), (500**-0.5, 0.228, 0.02), (0.01, 3e-7, 0.05), (1.0, 0.982, 1e-3)],
)
def test_std_of_layer_10_is_as_predicted(weight_std, figure, rounding, record_property):
    predicted = predicted_std(500 * weight_std**2)
    values, _ = deep_tanh(weight_std)
    assert predicted == pytest.approx(figure, rel=rounding)
    # A width of 500 adds a relative error of order sqrt(2 / 500) a layer in the variance.
    assert values[-1].std() == pytest.approx(predicted, rel=5 * math.sqrt(10 * 2 / 500) / 2)
    record_property("deviation", abs(values[-1].std() / predicted - 1))


@pytest.mark.ground_truth(
    function="meanfield.chi1",
    result="tanh at weight std 1: saturated, and gradients explode",
    source="Artieres' deck, 'no gradient backpropagated' corrected",
    figure="90.5 % saturated, chi = 12.1, |dW1| / |dW10| about chi^4.5 = 7.5e4",
)
def test_saturated_tanh_explodes_backwards(record_property):
    chi = chi1(500.0, 0.0, "tanh")
    values, norms = deep_tanh(1.0)
    saturated = np.mean(abs(np.concatenate(values[1:])) > 0.99)
    assert chi == pytest.approx(12.1, abs=0.05)
    assert saturated == pytest.approx(0.905, abs=0.01)
    assert norms[0] / norms[-1] == pytest.approx(chi**4.5, rel=0.3)
    record_property("deviation", abs(norms[0] / norms[-1] / chi**4.5 - 1))


@pytest.mark.ground_truth(
    function="meanfield.chi1",
    result="tanh at weight std 0.01: tiny gradients, equal across layers",
    source="Artieres' deck, 'all activations 0; what about the gradient?'",
    figure="|dW1| / |dW10| = 0.98",
)
def test_tiny_weights_give_equal_tiny_gradients(record_property):
    chi = chi1(0.05, 0.0, "tanh")
    _, norms = deep_tanh(0.01)
    assert math.sqrt(chi) == pytest.approx(0.22, abs=0.005)
    assert norms[0] / norms[-1] == pytest.approx(1.0, abs=0.1)
    assert max(norms) < 1e-3 * deep_tanh(500**-0.5)[1][-1]
    record_property("deviation", abs(norms[0] / norms[-1] - 0.98))


# ------------------------------------------------------------------------------- errors, pictures


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match="sw2 must be a real number in .*, got -1"):
        q_star(-1, 0.1)
    with pytest.raises(ValueError, match="act must be one of .*, got 'gelu'"):
        chi1(1.0, 0.1, "gelu")
    with pytest.raises(ValueError, match="c must be in .-1, 1., got 1.5"):
        corr_map([0.0, 1.5], 1.3, 0.05)
    with pytest.raises(ValueError, match="0 < q. < inf"):
        corr_map(0.5, 0.5, 0.0, "tanh")
    with pytest.raises(ValueError, match="variance must be at most 1e.10 for tanh"):
        variance_map(1e17, 1.0, 0.0)
    with pytest.raises(ValueError, match="sb2 must be"):
        critical_sigma_w2(-0.1)


def test_phase_diagram_returns_the_axes():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    ax = plt.subplots()[1]
    assert plot_phase_diagram("tanh", sw2_max=3.0, sb2_max=0.3, ax=ax) is ax
    x, y = ax.lines[0].get_data()
    assert chi1(x[10], y[10]) == pytest.approx(1, abs=1e-9)
    plt.close("all")
