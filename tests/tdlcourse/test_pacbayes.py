"""pacbayes: root finding, 50-digit arithmetic, torch.distributions and sampling as oracles."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import rel_entr
from torch import nn

from tdlcourse.networks import param_count
from tdlcourse.pacbayes import gaussian_kl, kl_inv, pac_bayes_bound

# Dziugaite & Roy 2017, table 1: error of the stochastic network on the sample, KL, bound.
TABLE = {
    "T-600": (0.028, 5144, 0.161, 0.1605),
    "T-1200": (0.027, 5977, 0.179, 0.1736),
    "T-300^2": (0.027, 5791, 0.170, 0.1703),
    "T-600^2": (0.028, 6534, 0.186, 0.1854),
    "T-1200^2": (0.029, 8558, 0.223, 0.2215),
    "T-600^3": (0.027, 7861, 0.201, 0.2060),
}
SAMPLES = 55_000
RANDOM_LABELS = (0.112, 201_131)


def kl(q, p):
    return rel_entr(q, p) + rel_entr(1 - q, 1 - p)


# ------------------------------------------------------------------------------------------ kl_inv


@pytest.mark.ground_truth(
    function="pacbayes.kl_inv",
    result="upper roots at (0, .1), (.05, .1), (.1, .05)",
    source="curriculum 7.3, recomputed",
    figure="0.0951626, 0.206401, 0.220079",
)
def test_kl_inv_at_the_curriculums_points(record_property):
    found = kl_inv([0, 0.05, 0.1], [0.1, 0.1, 0.05])
    deviation = abs(found - [0.0951626, 0.206401, 0.220079]).max()
    assert deviation <= 5e-7  # the digits printed
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="pacbayes.kl_inv",
    result="largest p with kl(q, p) <= c",
    source="Seeger 2002",
    figure="scipy.optimize.brentq at 900 points",
)
def test_kl_inv_is_the_root_that_brent_finds(record_property):
    deviation = 0.0
    for q in np.r_[1e-9, 1e-4, np.linspace(0.01, 0.99, 26), 1 - 1e-4, 1 - 1e-9]:
        for c in np.geomspace(1e-8, 3, 30):
            top = math.nextafter(1, 0)
            if kl(q, top) > c:
                root = brentq(lambda p, q=q, c=c: kl(q, p) - c, q, top, xtol=1e-15)
                deviation = max(deviation, abs(kl_inv(q, c) - root))
    # Brent's own error: rounding of kl, about 1e-16, over its slope, at least about 1e-8 here.
    assert deviation <= 2e-8
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="pacbayes.kl_inv",
    result="largest p with kl(q, p) <= c, extreme arguments",
    source="mpmath, 60 digits",
    figure="<= 1e-12 for q in [1e-300, 1 - 1e-16], c in [1e-25, 1e4]",
)
def test_kl_inv_agrees_with_sixty_digits(record_property):
    rng, deviation = np.random.default_rng(0), 0.0
    q = np.r_[rng.random(60), 10 ** rng.uniform(-300, 0, 40), 1 - 10 ** rng.uniform(-16, 0, 40)]
    c = np.r_[10 ** rng.uniform(-3, 1, 60), 10 ** rng.uniform(-25, 4, 80)]
    with mpmath.workdps(60):
        for qi, ci, found in zip(q, c, kl_inv(q, c), strict=True):
            exact, bound = mpmath.mpf(float(qi)), mpmath.mpf(float(ci))
            low, high = mpmath.mpf(0), bound / (1 - exact) - exact * mpmath.log(exact) / (1 - exact)
            for _ in range(190):  # bisection in v = log((1 - q) / (1 - p))
                v = (low + high) / 2
                p = 1 - (1 - exact) * mpmath.exp(-v)
                if exact * mpmath.log(exact / p) + (1 - exact) * v > bound:
                    high = v
                else:
                    low = v
            deviation = max(deviation, abs(float(1 - (1 - exact) * mpmath.exp(-low) - found)))
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="pacbayes.kl_inv",
    result="1 - exp(-c) at q = 0",
    source="closed form",
    figure="c in [1e-12, 100]",
)
def test_kl_inv_at_zero_empirical_error(record_property):
    c = np.geomspace(1e-12, 100, 200)
    deviation = abs(kl_inv(np.zeros(200), c) + np.expm1(-c)).max()
    assert deviation <= 1e-15
    record_property("deviation", deviation)


def test_kl_inv_at_the_edges():
    assert kl_inv(1.0, 0.0) == kl_inv(1.0, 0.3) == kl_inv(1.0, math.inf) == 1
    assert kl_inv(0.3, 0.0) == 0.3 and kl_inv(0.0, 0.0) == 0
    assert kl_inv(0.3, math.inf) == kl_inv(0.3, 1e9) == kl_inv(0.0, 1e9) == 1
    assert kl_inv([], []).shape == (0,)


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1), st.floats(0, 20), st.floats(0, 20))
def test_kl_inv_is_a_monotone_bound(q, c, other):
    p = float(kl_inv(q, c))
    assert q <= p <= 1
    assert p <= q + math.sqrt(c / 2) + 1e-15  # Pinsker
    assert kl(q, max(q, p - 1e-12)) <= c + 1e-15
    low, high = sorted([c, other])
    assert kl_inv(q, low) <= kl_inv(q, high) + 1e-15


def test_kl_inv_broadcasts_over_blocks_and_keeps_tensors():
    q, c = np.linspace(0, 1, 130)[:, None], np.geomspace(1e-3, 1, 101)
    table = kl_inv(q, c)  # more numbers than a block
    assert table.shape == (130, 101)
    assert table[77, 33] == kl_inv(float(q[77, 0]), float(c[33]))
    found = kl_inv(torch.tensor([0.1], requires_grad=True), 0.2)
    assert isinstance(found, torch.Tensor) and found.dtype == torch.float32
    assert float(found[0]) == pytest.approx(float(kl_inv(np.float32(0.1), 0.2)), rel=1e-6)
    assert isinstance(kl_inv(0.1, torch.tensor(0.2, dtype=torch.float64)), torch.Tensor)
    assert isinstance(kl_inv(0.1, 0.2), float)


@pytest.mark.parametrize(
    ("q", "c", "message"),
    [
        (-0.1, 0.1, r"q must be in \[0, 1\], got -0.1"),
        (1.1, 0.1, r"q must be in \[0, 1\], got 1.1"),
        (math.nan, 0.1, r"q must be in \[0, 1\], got nan"),
        (0.1, -1, "c must be non-negative, got -1"),
        (0.1, math.nan, "c must be non-negative, got nan"),
    ],
)
def test_kl_inv_refuses_what_is_no_probability_or_bound(q, c, message):
    with pytest.raises(ValueError, match=message):
        kl_inv(q, c)


# -------------------------------------------------------------------------------------- gaussian_kl


@pytest.mark.ground_truth(
    function="pacbayes.gaussian_kl",
    result="KL of diagonal Gaussians",
    source="closed form",
    figure="torch.distributions.kl_divergence, 200 pairs",
)
def test_gaussian_kl_is_that_of_torch(record_property):
    gen = torch.Generator().manual_seed(0)
    draw = [torch.randn(200, 7, generator=gen, dtype=torch.float64) for _ in range(4)]
    mean_q, mean_p, var_q, var_p = draw[0], draw[1], draw[2].exp(), draw[3].exp()
    normals = [
        torch.distributions.Normal(m, v.sqrt()) for m, v in ((mean_q, var_q), (mean_p, var_p))
    ]
    expected = torch.distributions.kl_divergence(*normals).sum(-1)
    deviation = float((gaussian_kl(mean_q, var_q, mean_p, var_p) / expected - 1).abs().max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="pacbayes.gaussian_kl",
    result="no cancellation for almost equal laws",
    source="mpmath, 50 digits",
    figure="relative error at variance ratios 1 +- 1e-7",
)
def test_gaussian_kl_of_almost_equal_laws_keeps_its_digits(record_property):
    deviation = 0.0
    for excess in (1e-7, -1e-7, 1e-4, 0.5, -0.9):
        var = 1 + excess
        with mpmath.workdps(50):
            exact = (mpmath.mpf(var) - 1 - mpmath.log(mpmath.mpf(var))) / 2
        deviation = max(deviation, abs(float(gaussian_kl([0.0], var, 0.0, 1.0) / exact) - 1))
    assert deviation <= 1e-8
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="pacbayes.gaussian_kl",
    result="no cancellation for variances of different orders",
    source="mpmath, 50 digits",
    figure="error in units of rounding, ratios 1e-20 to 1e20, float64 and float32",
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_gaussian_kl_of_very_different_variances_keeps_its_digits(dtype, record_property):
    deviation = 0.0
    for exponent in (-20, -12, -6, -3, 3, 6, 12, 20):
        var = torch.tensor(10.0**exponent, dtype=dtype, requires_grad=True)
        mean = torch.zeros(1, dtype=dtype)
        found = gaussian_kl(mean, var, 0.0, 1.0)
        found.backward()
        with mpmath.workdps(50):
            value = mpmath.mpf(var.item())
            exact = (value - 1 - mpmath.log(value)) / 2
            slope = (1 - 1 / value) / 2
        deviation = max(deviation, abs(float(found.item() / exact) - 1) / torch.finfo(dtype).eps)
        assert var.grad.item() == pytest.approx(float(slope), rel=1e-6)
    assert deviation <= 4  # units of rounding
    record_property("deviation", deviation)


def test_gaussian_kl_broadcasts_and_differentiates():
    mean = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    log_var = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    divergence = gaussian_kl(mean, log_var.exp(), 0.0, 2.0)
    divergence.backward()
    assert torch.allclose(mean.grad, mean.detach() / 2)
    # One variance for both coordinates: 2 * (1/2) (r - 1) with r = exp(0.3) / 2.
    assert float(log_var.grad) == pytest.approx(math.exp(0.3) / 2 - 1, rel=1e-12)
    assert float(divergence.detach()) == pytest.approx(
        0.5 * (5 / 2 + 2 * (math.exp(0.3) / 2 - 1 - math.log(math.exp(0.3) / 2))), rel=1e-12
    )
    assert gaussian_kl(np.zeros((3, 4)), 1.0, 0.0, 1.0).shape == (3,)
    with pytest.raises(ValueError, match="var_p must be positive"):
        gaussian_kl([0.0], 1.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="mean_p must be finite, got nan"):
        gaussian_kl([0.0], 1.0, math.nan, 1.0)


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(
        ValueError, match=r"q, c must be of shapes that broadcast, got '\(2,\), \(3"
    ):
        kl_inv([0.1, 0.2], [0.1] * 3)
    for wrong in (np.ones(3), torch.ones(3)):
        with pytest.raises(ValueError, match="mean_q, var_q, mean_p, var_p must be of shapes that"):
            gaussian_kl(np.zeros(2), wrong, 0.0, 1.0)


# ---------------------------------------------------------------------------------- pac_bayes_bound


@pytest.mark.ground_truth(
    function="pacbayes.kl_inv",
    result="KL-only inversions for the networks of Dziugaite & Roy",
    source="Dziugaite & Roy 2017, table 1 (errors and KL as remembered)",
    figure=".1605 .1736 .1703 .1854 .2215 .2060; table .161 .179 .170 .186 .223 .201",
)
def test_inversions_of_the_published_divergences(record_property):
    emp, divergence, printed, expected = (np.array(v) for v in zip(*TABLE.values(), strict=True))
    found = kl_inv(emp, divergence / (SAMPLES - 1))
    deviation = abs(found - expected).max()
    assert deviation <= 5e-5
    # The table's own bounds have sampling and confidence terms; its errors are rounded.
    assert abs(found - printed).max() <= 0.006
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="pacbayes.kl_inv",
    result="erratum: the deck's bound 1.352 for R-600 is sqrt(KL / 2(m - 1)), Pinsker's gap alone",
    source="Soudry's table; Dziugaite & Roy 2017, table 1",
    figure="gap 1.3522, Pinsker total 1.464, kl-inverse .989 <= 1",
)
def test_random_labels_have_no_bound_above_one(record_property):
    emp, divergence = RANDOM_LABELS
    gap = math.sqrt(divergence / (2 * (SAMPLES - 1)))
    assert round(gap, 4) == 1.3522 and round(emp + gap, 3) == 1.464
    bound = float(kl_inv(emp, divergence / (SAMPLES - 1)))
    deviation = abs(bound - 0.989)
    assert deviation <= 5e-4
    assert pac_bayes_bound(emp, divergence, SAMPLES, 0.025) <= 1
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="networks.param_count",
    result="parameters of the binary MNIST networks T-600 and T-1200^2",
    source="Dziugaite & Roy 2017, table 1",
    figure="471,601 and 2,384,401",
)
def test_parameter_counts_of_the_table(record_property):
    def network(*hidden):
        widths = [784, *hidden, 1]
        return nn.Sequential(*[nn.Linear(a, b) for a, b in zip(widths, widths[1:], strict=False)])

    assert param_count(network(600)) == 471_601
    assert param_count(network(1200, 1200)) == 2_384_401
    record_property("deviation", 0.0)


@pytest.mark.ground_truth(
    function="pacbayes.pac_bayes_bound",
    result="kl(e, bound) = (KL + log(2 sqrt(n) / delta)) / n, or (KL + log(n / delta)) / (n - 1)",
    source="Maurer 2004, theorem 5; Dziugaite & Roy 2017",
    figure="residual of the inequality, with and without sampling correction",
)
def test_bound_turns_its_inequalities_into_equalities(record_property):
    emp, divergence, n, delta, mc = 0.03, 50.0, 2000, 0.05, 300
    bound = float(pac_bayes_bound(emp, divergence, n, delta))
    residual = abs(kl(emp, bound) - (divergence + math.log(2 * math.sqrt(n) / delta)) / n)
    bound = float(pac_bayes_bound(emp, divergence, n, delta, constant="langford"))
    residual = max(residual, abs(kl(emp, bound) - (divergence + math.log(n / delta)) / (n - 1)))
    # A sampled error first becomes a bound on the exact one; each half of delta is used once.
    sampled = float(pac_bayes_bound(emp, divergence, n, delta, mc))
    exact = brentq(lambda p: kl(emp, p) - math.log(2 / delta) / mc, emp, 1 - 1e-9, xtol=1e-14)
    budget = (divergence + math.log(4 * math.sqrt(n) / delta)) / n
    residual = max(residual, abs(kl(exact, sampled) - budget))
    assert residual <= 1e-12 and sampled > bound
    record_property("deviation", residual)


@pytest.mark.ground_truth(
    function="pacbayes.pac_bayes_bound",
    result="the bound fails with probability at most delta",
    source="experiment: 20,000 samples of a classifier of known error",
    figure="failures <= delta, without and with sampled classifiers",
)
def test_bound_holds_as_often_as_it_says(record_property):
    rng, n, delta, repeats = np.random.default_rng(0), 50, 0.1, 20_000
    # Posterior = prior (KL = 0) on two classifiers of errors .1 and .3, wrong independently.
    wrong = rng.binomial(n, [0.1, 0.3], size=(repeats, 2)) / n
    bound = pac_bayes_bound(wrong.mean(1), 0.0, n, delta)
    assert (bound < 0.2).mean() <= delta
    picks = rng.binomial(20, 0.5, size=repeats) / 20
    sampled = picks * wrong[:, 0] + (1 - picks) * wrong[:, 1]
    # One observed error of each of 20 drawn classifiers is noisier than the mean of their errors.
    bound = pac_bayes_bound(rng.binomial(20, wrong.mean(1)) / 20, 0.0, n, delta, mc=20)
    assert (bound < 0.2).mean() <= delta
    assert (pac_bayes_bound(sampled, 0.0, n, delta, mc=20) < 0.2).mean() <= delta
    # A bound that ignores the confidence terms would fail half of the time.
    assert (wrong.mean(1) < 0.2).mean() > 0.4
    record_property("deviation", float((bound < 0.2).mean() / delta))


def test_bound_refuses_impossible_arguments():
    for arguments, message in [
        ((0.1, -1.0, 100, 0.05), "KL must be non-negative"),
        ((0.1, 1.0, 7, 0.05), "n must be an integer in"),
        ((0.1, 1.0, 100, 1.0), r"delta must be a real number in \(0, 1\)"),
        ((1.2, 1.0, 100, 0.05), r"q must be in \[0, 1\]"),
        ((0.1, 1.0, 100, 0.05, 0), "mc must be an integer in"),
    ]:
        with pytest.raises(ValueError, match=message):
            pac_bayes_bound(*arguments)
    with pytest.raises(ValueError, match="constant must be one of 'maurer', 'langford'"):
        pac_bayes_bound(0.1, 1.0, 100, 0.05, constant="catoni")


def test_integer_tensors_are_no_reason_to_truncate():
    bound = pac_bayes_bound(0.3, torch.tensor(5), 1000, 0.05)
    assert float(bound) == pytest.approx(float(pac_bayes_bound(0.3, 5.0, 1000, 0.05)), rel=1e-14)
    assert float(bound) == pytest.approx(0.3742, abs=5e-5)
    # two equal coordinates, each the closed form of torch.distributions
    p, q = (torch.distributions.Normal(m, v**0.5) for m, v in ((0.7, 2.5), (1.0, 1.5)))
    expected = 2 * float(torch.distributions.kl_divergence(q, p))
    found = float(gaussian_kl(torch.tensor([1, 1]), 1.5, 0.7, 2.5))
    assert found == pytest.approx(expected, rel=1e-6)
    assert found == pytest.approx(0.1468, abs=5e-5)
