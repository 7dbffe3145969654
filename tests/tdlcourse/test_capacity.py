"""capacity: enumeration, random matrices, quadrature and simulated least squares as oracles."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import invwishart

from tdlcourse.capacity import (
    marchenko_pastur,
    marchenko_pastur_edges,
    rademacher_linear,
    ridgeless_risk,
    sauer_sum,
    spectral_complexity,
    vc_bound,
)

# ------------------------------------------------------------------------------ VC dimension


@pytest.mark.ground_truth(
    function="capacity.sauer_sum",
    result="labellings of n points on a line by unions of k intervals (VC dimension 2 k)",
    source="Sauer 1972; the class attains the bound",
    figure="enumeration of 2^n labellings, n <= 10, k <= 3",
)
def test_sauer_sum_counts_unions_of_intervals(record_property):
    for n in range(1, 11):
        labellings = np.array(list(itertools.product([0, 1], repeat=n)))
        padded = np.pad(labellings, ((0, 0), (1, 0)))
        runs = (np.diff(padded, axis=1) == 1).sum(1)  # intervals that a labelling needs
        for k in range(4):
            assert sauer_sum(n, 2 * k) == (runs <= k).sum()
    record_property("deviation", 0.0)


@pytest.mark.ground_truth(
    function="capacity.sauer_sum",
    result="2^n for n <= d, at most (e n / d)^d beyond, exact integers",
    source="Sauer's lemma and its usual corollary",
    figure="n <= 400; sum of math.comb",
)
def test_sauer_sum_is_exact_and_below_its_bound(record_property):
    for n in (0, 1, 5, 60, 400):
        for d in (0, 1, 3, 50, 399):
            total = sauer_sum(n, d)
            assert total == sum(math.comb(n, i) for i in range(d + 1))
            assert total == 2**n if n <= d else total < 2**n
            if n >= d >= 1:
                assert math.log(total) <= d * math.log(math.e * n / d)
    record_property("deviation", 0.0)


@pytest.mark.ground_truth(
    function="capacity.vc_bound",
    result="4 S(2 n) exp(-n e^2 / 8) = delta at the bound e",
    source="Vapnik & Chervonenkis 1971, theorem 2",
    figure="residual of the logarithm",
)
def test_vc_bound_solves_its_inequality(record_property):
    deviation = 0.0
    for n, d, delta in [(1000, 3, 0.05), (10**6, 500, 0.01), (50, 1000, 0.5)]:
        gap = vc_bound(n, d, delta)
        growth = sum(math.comb(2 * n, i) for i in range(min(d, 2 * n) + 1))
        residual = math.log(4) + math.log(growth) - n * gap**2 / 8 - math.log(delta)
        deviation = max(deviation, abs(residual) / math.log(growth))
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="capacity.vc_bound",
    result="threshold classifiers (VC dimension 1) break the bound at most as often as delta",
    source="experiment: 2,000 samples, sup over thresholds = Kolmogorov-Smirnov statistic",
    figure="largest gap seen, as a share of the bound",
)
def test_no_threshold_classifier_exceeds_the_vc_bound(record_property):
    rng, n = np.random.default_rng(0), 200
    x = np.sort(rng.random((2000, n)), axis=1)  # labels all 0: error of 1{x <= t} is t
    grid = np.arange(1, n + 1) / n
    sup = np.maximum(abs(grid - x), abs(grid - 1 / n - x)).max(1)
    share = sup.max() / vc_bound(n, 1, 0.5)
    assert share < 1  # at delta = .5 half might break it: the bound is loose
    record_property("deviation", share)


def test_vc_bound_says_nothing_about_networks_with_more_weights_than_samples():
    assert vc_bound(60_000, 10**6, 0.05) > 1
    assert vc_bound(10**6, 10, 0.05) < 0.1
    with pytest.raises(ValueError, match=r"delta must be a real number in \(0, 1\), got 0.0"):
        vc_bound(10, 1, 0.0)
    with pytest.raises(TypeError, match=r"d must be an integer in \[0, inf\), got 1.5"):
        vc_bound(10, 1.5, 0.1)


# ------------------------------------------------------------------------------ Rademacher


@pytest.mark.ground_truth(
    function="capacity.rademacher_linear",
    result="(B / n) E ||sum s_i x_i||, in [S / sqrt(2), S]",
    source="Bartlett & Mendelson 2002; Latala & Oleszkiewicz 1994",
    figure="itertools.product over all signs, n <= 12",
)
def test_rademacher_complexity_is_the_mean_over_all_signs(record_property):
    rng, deviation = np.random.default_rng(0), 0.0
    for n, d in [(1, 3), (2, 1), (5, 2), (12, 4)]:
        X, B = rng.normal(size=(n, d)), 2.5
        signs = np.array(list(itertools.product([-1, 1], repeat=n)))
        expected = B / n * np.linalg.norm(signs @ X, axis=1).mean()
        found = rademacher_linear(X, B)
        deviation = max(deviation, abs(found / expected - 1))
        S = B / n * math.sqrt((X**2).sum())
        assert S / math.sqrt(2) <= found * (1 + 1e-12) and found <= S * (1 + 1e-12)
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="capacity.rademacher_linear",
    result="n orthonormal points: B / sqrt(n); n equal ones: B C(n-1, floor(n/2)) n / (n 2^(n-1))",
    source="closed forms; the second is the mean absolute random walk",
    figure="n = 1..14",
)
def test_rademacher_complexity_of_orthogonal_and_of_equal_points(record_property):
    deviation = 0.0
    for n in range(1, 15):
        deviation = max(deviation, abs(rademacher_linear(np.eye(n), 3.0) - 3 / math.sqrt(n)))
        walk = n * math.comb(n - 1, n // 2) / 2 ** (n - 1)  # E |s_1 + ... + s_n|
        deviation = max(deviation, abs(rademacher_linear(np.ones((n, 1)), 1.0) - walk / n))
    # Khintchine's constant is attained by two equal points, Jensen's by orthogonal ones.
    assert rademacher_linear(np.ones((2, 1)), 1.0) == pytest.approx(0.5, rel=1e-15)
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="capacity.rademacher_linear",
    result="random signs agree with enumeration",
    source="sampling, 200,000 draws",
    figure="standard errors away (<= 5.5), numpy and torch generators",
)
def test_sampled_signs_agree_with_all_signs(record_property):
    X, B, draws = np.random.default_rng(1).normal(size=(9, 3)), 2.0, 200_000
    exact = rademacher_linear(X, B)
    signs = np.array(list(itertools.product([-1, 1], repeat=9)))
    error = (B / 9 * np.linalg.norm(signs @ X, axis=1)).std() / math.sqrt(draws)
    scores = []
    for x, gen in [
        (X, np.random.default_rng(0)),
        (torch.tensor(X), torch.Generator().manual_seed(0)),
    ]:
        found = rademacher_linear(x, B, exact=False, draws=draws, gen=gen)
        scores.append(abs(found - exact) / error)
    assert max(scores) <= 5.5
    record_property("deviation", max(scores))


def test_rademacher_refuses_what_it_cannot_enumerate():
    with pytest.raises(ValueError, match="number of rows of X must be an integer in"):
        rademacher_linear(np.ones((21, 1)), 1.0)
    with pytest.raises(TypeError, match="gen must be a generator if exact is False, got None"):
        rademacher_linear(np.ones((3, 1)), 1.0, exact=False)
    with pytest.raises(ValueError, match=r"X must be of shape \(n, d\), got \(3,\)"):
        rademacher_linear(np.ones(3), 1.0)
    assert rademacher_linear(torch.ones((2, 1)), 1.0) == 0.5


# ------------------------------------------------------------------------------ spectral norms


@pytest.mark.ground_truth(
    function="capacity.spectral_complexity",
    result="eq. (1.2) with sums over rows (neurons)",
    source="Bartlett, Foster & Telgarsky 2017",
    figure="eigenvalues and loops, rectangular layers, references, Lipschitz constants",
)
def test_spectral_complexity_is_the_published_formula(record_property):
    rng = np.random.default_rng(2)
    Ws = [rng.normal(size=s) for s in [(7, 3), (5, 7), (2, 5)]]
    Ms = [rng.normal(size=W.shape) for W in Ws]
    rho, margin = [1.0, 0.25, 2.0], 0.7
    product, total = 1 / margin, 0.0
    for W, M, r in zip(Ws, Ms, rho, strict=True):
        norm = math.sqrt(np.linalg.eigvalsh(W.T @ W)[-1])
        product *= r * norm
        rows = sum(math.sqrt(sum(v * v for v in row)) for row in (W - M).tolist())
        total += (rows / norm) ** (2 / 3)
    found = spectral_complexity(Ws, margin, references=Ms, lipschitz=rho)
    deviation = abs(found / (product * total**1.5) - 1)
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="capacity.spectral_complexity",
    result="L identity layers of width d: L^1.5 d; a row w: ||w||_2, a column: ||w||_1",
    source="closed form",
    figure="L = 1..4, d = 1..6",
)
def test_spectral_complexity_of_identities_and_of_vectors(record_property):
    deviation = 0.0
    for L in range(1, 5):
        for d in range(1, 7):
            found = spectral_complexity([np.eye(d)] * L, 2.0)
            deviation = max(deviation, abs(found / (L**1.5 * d / 2) - 1))
    w = np.array([[3.0, 4.0]])
    assert spectral_complexity([w]) == pytest.approx(5, rel=1e-14)  # one neuron: its norm
    assert spectral_complexity([w.T]) == pytest.approx(7, rel=1e-14)  # two neurons: 3 + 4
    assert spectral_complexity([10 * np.eye(3)] * 2) == pytest.approx(100 * 2**1.5 * 3, rel=1e-13)
    assert deviation <= 1e-13
    record_property("deviation", deviation)


def test_spectral_complexity_refuses_layers_that_do_not_chain():
    with pytest.raises(ValueError, match=r"Ws\[1\] must be of shape \(out, 3\), got \(2, 4\)"):
        spectral_complexity([np.ones((3, 5)), np.ones((2, 4))])
    with pytest.raises(ValueError, match=r"Ws\[0\] must be of shape \(out, in\)"):
        spectral_complexity([np.ones((3, 5, 1, 1))])
    with pytest.raises(ValueError, match=r"Ws\[0\] must be a non-zero matrix"):
        spectral_complexity([np.zeros((2, 2))])
    with pytest.raises(ValueError, match="margin must be a real number in"):
        spectral_complexity([np.eye(2)], 0.0)
    with pytest.raises(ValueError, match="references and lipschitz must be as long as Ws"):
        spectral_complexity([np.eye(2)], references=[])
    for reference in (0.5, np.ones(2), np.ones((1, 2))):  # none is broadcast
        with pytest.raises(ValueError, match=r"references\[0\] must be of shape \(2, 2\)"):
            spectral_complexity([np.eye(2)], references=[reference])


# ------------------------------------------------------------------------------ least squares


@pytest.mark.ground_truth(
    function="capacity.ridgeless_risk",
    result="n = 96, p = 192, sigma^2 = 1/4, r^2 = 1: .7526",
    source="curriculum 7.5 with its four numbers stated; mean of the inverse Wishart law",
    figure=".7526",
)
def test_ridgeless_risk_at_twice_as_many_parameters(record_property):
    found = float(ridgeless_risk(96, 192, 0.25, 1.0))
    expected = 0.5 + 0.25 * np.trace(invwishart(192, np.eye(96)).mean())
    deviation = abs(found - expected)
    assert deviation <= 1e-12 and round(found, 4) == 0.7526
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="capacity.ridgeless_risk",
    result="variance = sigma^2 trace E[(X^T X)^-1] on both sides of p = n",
    source="scipy.stats.invwishart.mean",
    figure="n = 12, p = 1..40",
)
def test_ridgeless_variance_is_the_mean_inverse_wishart_trace(record_property):
    n, sigma2, r2, deviation = 12, 0.3, 2.0, 0.0
    risks = ridgeless_risk(n, np.arange(1, 41), sigma2, r2)
    for p, risk in enumerate(risks, start=1):
        small, large = min(n, p), max(n, p)
        if large - small <= 1:
            assert risk == math.inf
            continue
        trace = np.trace(np.atleast_2d(invwishart(large, np.eye(small)).mean()))
        expected = sigma2 * trace + r2 * max(0, 1 - n / p)
        deviation = max(deviation, abs(risk / expected - 1))
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="capacity.ridgeless_risk",
    result="excess risk of minimum-norm least squares, bias included",
    source="experiment: pseudo-inverse on 4,000 Gaussian data sets each",
    figure="standard errors away (<= 5.5), p / n = 1/2, 2, 4",
)
def test_ridgeless_risk_is_that_of_the_pseudo_inverse(record_property):
    rng, n, sigma2, r2, scores = np.random.default_rng(3), 20, 0.25, 1.5, []
    for p in (10, 40, 80):
        X = rng.normal(size=(4000, n, p))
        w = rng.normal(size=p)
        w *= math.sqrt(r2) / np.linalg.norm(w)
        y = X @ w + math.sqrt(sigma2) * rng.normal(size=(4000, n))
        errors = ((np.linalg.pinv(X) @ y[..., None])[..., 0] - w) ** 2
        risk = errors.sum(1)
        found = float(ridgeless_risk(n, p, sigma2, r2))
        scores.append(abs(risk.mean() - found) / (risk.std() / math.sqrt(4000)))
    assert max(scores) <= 5.5
    record_property("deviation", max(scores))


def test_ridgeless_risk_without_noise_and_of_tensors():
    assert ridgeless_risk(10, [5, 10, 20], 0.0, 3.0).tolist() == [0, 0, 1.5]
    risks = ridgeless_risk(10, torch.tensor([5, 10, 20]), 1.0)
    assert isinstance(risks, torch.Tensor) and risks.dtype == torch.float64
    assert risks.tolist() == pytest.approx([5 / 4, math.inf, 0.5 + 10 / 9])
    with pytest.raises(ValueError, match=r"p must be integers in \[1, inf\), got 0"):
        ridgeless_risk(10, [5, 0], 1.0)
    with pytest.raises(TypeError, match="p must be an array of integers"):
        ridgeless_risk(10, 2.5, 1.0)


# ------------------------------------------------------------------------------ Marchenko-Pastur


@pytest.mark.ground_truth(
    function="capacity.marchenko_pastur",
    result="mass min(1, 1/gamma); moments 1, 1 + gamma, 1 + 3 gamma + gamma^2; E 1/x = 1/(1-gamma)",
    source="Narayana polynomials",
    figure="scipy.integrate.quad, gamma = 0.1, 0.5, 1, 3",
)
def test_marchenko_pastur_has_its_moments(record_property):
    deviation = 0.0
    for gamma in (0.1, 0.5, 1.0, 3.0):
        low, high = marchenko_pastur_edges(gamma, 2.0)
        assert (low, high) == pytest.approx(
            (2 * (1 - gamma**0.5) ** 2, 2 * (1 + gamma**0.5) ** 2), rel=1e-14
        )

        def moment(k, gamma=gamma, low=low, high=high):
            # x = middle - radius cos(t) removes the square roots at the edges.
            middle, radius = (low + high) / 2, (high - low) / 2

            def integrand(t):
                x = middle - radius * math.cos(t)
                return x**k * float(marchenko_pastur(x, gamma, 2.0)) * radius * math.sin(t)

            return quad(integrand, 0, math.pi, epsabs=1e-12, epsrel=1e-11, limit=400)[0]

        moments = [min(1, 1 / gamma), 2.0, 4 * (1 + gamma), 8 * (1 + 3 * gamma + gamma**2)]
        for k, expected in enumerate(moments):
            deviation = max(deviation, abs(moment(k) / expected - 1))
        if gamma < 1:
            deviation = max(deviation, abs(moment(-1) * 2 * (1 - gamma) - 1))
    assert deviation <= 1e-9
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="capacity.marchenko_pastur",
    result="spectrum of X^T X / n for a random matrix",
    source="experiment: 2000 x 1000 and 500 x 1000 matrices",
    figure="largest distance of the distribution functions (<= 0.01)",
)
def test_marchenko_pastur_is_the_spectrum_of_random_matrices(record_property):
    rng, deviation = np.random.default_rng(4), 0.0
    for n, p in [(2000, 1000), (500, 1000)]:
        X = rng.choice([-1.0, 1.0], size=(n, p))  # any law of variance 1
        small = X.T @ X / n if p <= n else X @ X.T / n  # the rest are zeros
        values = np.linalg.eigvalsh(small)
        low, high = marchenko_pastur_edges(p / n)
        grid = np.linspace(low, high, 20_001)
        density = marchenko_pastur(grid, p / n)
        cumulative = np.cumsum((density[1:] + density[:-1]) / 2) * (grid[1] - grid[0])
        expected = np.interp(values, grid[1:], cumulative, left=0, right=min(1, n / p))
        seen = (np.arange(len(values)) + 0.5) / p
        deviation = max(deviation, abs(seen - expected).max())
    assert deviation <= 0.01  # the rate is of order 1 / p
    record_property("deviation", deviation)


def test_marchenko_pastur_vanishes_outside_and_keeps_tensors():
    x = torch.tensor([-1.0, 0.0, 1.0, 10.0])
    density = marchenko_pastur(x, 0.5)
    assert isinstance(density, torch.Tensor) and density.dtype == torch.float32
    assert density[[0, 1, 3]].tolist() == [0, 0, 0] and float(density[2]) > 0
    assert marchenko_pastur([[0.5, 1.0]], 1).shape == (1, 2)
    assert marchenko_pastur(np.inf, 0.5) == 0
    with pytest.raises(ValueError, match="x must be without NaN, got"):
        marchenko_pastur([1.0, np.nan], 0.5)
    with pytest.raises(ValueError, match="gamma must be a real number in"):
        marchenko_pastur(1.0, 0.0)
