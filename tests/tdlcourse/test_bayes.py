"""bayes: scikit-learn, exact integrals and closed-form moments as oracles."""

import math

import numpy as np
import pytest
import torch
from scipy.special import gammaln
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import BayesianRidge
from torch import nn

from tdlcourse.bayes import bayes_linear, laplace, mc_dropout, nngp_predict
from tdlcourse.kernels import nngp


def regression(n=30, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, X @ rng.normal(size=d) + 0.3 * rng.normal(size=n)


# ------------------------------------------------------------------------------ weight space


@pytest.mark.ground_truth(
    function="bayes.bayes_linear",
    result="posterior mean and covariance",
    source="Bishop 2006, eqs. (3.53), (3.54)",
    figure="sklearn.linear_model.BayesianRidge at its fitted precisions",
)
def test_bayes_linear_is_bayesian_ridge(record_property):
    X, y = regression()
    fitted = BayesianRidge(fit_intercept=False, tol=1e-12, max_iter=10_000).fit(X, y)
    m, S = bayes_linear(X, y, fitted.lambda_, fitted.alpha_)
    deviation = max(abs(m - fitted.coef_).max(), abs(S - fitted.sigma_).max())
    assert deviation <= 1e-10
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="bayes.bayes_linear",
    result="conditioning the joint Gaussian of weights and data",
    source="dual form with an n x n matrix",
    figure="n < d and n > d",
)
def test_bayes_linear_has_a_dual_form(record_property):
    deviation = 0.0
    for n, d in [(3, 8), (20, 4)]:
        X, y = regression(n, d)
        alpha, beta = 0.7, 3.0
        gain = X.T @ np.linalg.inv(X @ X.T + alpha / beta * np.eye(n))
        m, S = bayes_linear(X, y, alpha, beta)
        deviation = max(deviation, abs(m - gain @ y).max())
        deviation = max(deviation, abs(S - (np.eye(d) - gain @ X) / alpha).max())
        assert (S == S.T).all()
    assert deviation <= 1e-12
    record_property("deviation", deviation)


def test_bayes_linear_of_several_outputs_tensors_and_errors():
    X, y = regression()
    both = bayes_linear(X, np.column_stack([y, -y]), 1.0, 2.0)[0]
    one, S = bayes_linear(torch.tensor(X), torch.tensor(y), 1.0, 2.0)
    assert both.shape == (4, 2) and isinstance(one, torch.Tensor) and S.shape == (4, 4)
    assert np.allclose(both[:, 0], one, rtol=1e-12) and np.allclose(both[:, 1], -one, rtol=1e-12)
    with pytest.raises(ValueError, match=r"y must be of shape \(30,\), got \(29,\)"):
        bayes_linear(X, y[1:], 1.0, 1.0)
    with pytest.raises(ValueError, match="alpha must be a real number in"):
        bayes_linear(X, y, 0.0, 1.0)


# ------------------------------------------------------------------------------ function space


@pytest.mark.ground_truth(
    function="bayes.nngp_predict",
    result="posterior mean and covariance of a Gaussian process",
    source="Rasmussen & Williams 2006, algorithm 2.1",
    figure="sklearn GaussianProcessRegressor, RBF kernel",
)
def test_nngp_predict_is_gaussian_process_regression(record_property):
    X, y = regression()
    test = regression(seed=1)[0][:7]
    process = GaussianProcessRegressor(RBF(1.3), alpha=0.05, optimizer=None).fit(X, y)
    expected_mean, expected = process.predict(test, return_cov=True)
    k = process.kernel_
    mean, covariance = nngp_predict(k(X), k(test, X), k(test), y, 0.05)
    deviation = max(abs(mean - expected_mean).max(), abs(covariance - expected).max())
    assert deviation <= 1e-10
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="bayes.nngp_predict",
    result="weight space and function space agree for a linear kernel",
    source="Rasmussen & Williams 2006, section 2.1",
    figure="bayes_linear with prior covariance I / alpha",
)
def test_weight_space_and_function_space_agree(record_property):
    X, y = regression()
    test, alpha, beta = regression(seed=1)[0][:7], 0.8, 4.0
    m, S = bayes_linear(X, y, alpha, beta)
    K, cross, prior = X @ X.T / alpha, test @ X.T / alpha, test @ test.T / alpha
    mean, covariance = nngp_predict(K, cross, prior, y, 1 / beta)
    deviation = max(abs(mean - test @ m).max(), abs(covariance - test @ S @ test.T).max())
    assert deviation <= 1e-10
    record_property("deviation", deviation)


def test_nngp_predict_interpolates_without_noise_and_takes_network_kernels():
    X, y = regression()
    K = nngp(X, depth=2)
    mean, covariance = nngp_predict(K, K, K, np.column_stack([y, 2 * y]), 0.0)
    assert np.allclose(mean, np.column_stack([y, 2 * y]), atol=1e-7)
    assert abs(covariance).max() <= 1e-8
    tensors = nngp_predict(torch.tensor(K), K[:3], K[:3, :3], y, 0.1)
    assert all(isinstance(t, torch.Tensor) for t in tensors)
    assert np.allclose(tensors[0], nngp_predict(K, K[:3], K[:3, :3], y, 0.1)[0], rtol=1e-9)


def test_nngp_predict_says_what_is_wrong_with_its_kernels():
    K = np.ones((2, 2))
    for kernel in (K, torch.tensor(K)):
        with pytest.raises(ValueError, match=r"K \+ noise \* I must be positive definite, got 0"):
            nngp_predict(kernel, K, K, [0, 1], 0.0)
    with pytest.raises(ValueError, match=r"K_cross must be of shape \(m, 2\), got \(2, 3\)"):
        nngp_predict(K, np.ones((2, 3)), K, [0, 1], 1.0)
    with pytest.raises(ValueError, match=r"K_test must be of shape \(2, 2\)"):
        nngp_predict(K, K, np.ones(2), [0, 1], 1.0)


# ------------------------------------------------------------------------------ Laplace


@pytest.mark.ground_truth(
    function="bayes.laplace",
    result="exact for a linear model: posterior and evidence",
    source="scipy.stats.multivariate_normal: log density of the data",
    figure="BayesianRidge's model, n = 30, d = 4",
)
def test_laplace_is_exact_for_linear_regression(record_property):
    X, y = regression()
    alpha, beta = 0.8, 4.0
    inputs, targets = torch.tensor(X), torch.tensor(y)

    def energy(w):
        prior = alpha / 2 * w @ w - len(w) / 2 * math.log(alpha / (2 * math.pi))
        noise = beta / 2 * (targets - inputs @ w).square().sum()
        return prior + noise - len(targets) / 2 * math.log(beta / (2 * math.pi))

    m, S = bayes_linear(X, y, alpha, beta)
    found = laplace(energy, m)
    law = multivariate_normal(cov=X @ X.T / alpha + np.eye(len(y)) / beta)
    deviation = abs(found.log_evidence / law.logpdf(y) - 1)
    assert np.allclose(found.covariance, S, rtol=1e-10) and np.allclose(found.mean, m)
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="bayes.laplace",
    result="Stirling's formula: integral of exp(n (w - e^w)) is Gamma(n) / n^n",
    source="Laplace 1774",
    figure="error 1 / (12 n) of the logarithm, n = 5, 50, 500",
)
def test_laplace_of_the_gamma_integral_is_stirlings_formula(record_property):
    deviation = 0.0
    for n in (5, 50, 500):
        found = laplace(lambda w, n=n: n * (w.exp() - w).sum(), [0.0])
        assert found.log_evidence == pytest.approx(-n + 0.5 * math.log(2 * math.pi / n), rel=1e-14)
        exact = gammaln(n) - n * math.log(n)
        # The next term of Stirling's series is 1 / (12 n), the one after it -1 / (360 n^3).
        deviation = max(deviation, abs((exact - found.log_evidence) * 12 * n - 1))
    assert deviation <= 12 / (360 * 5**2)
    record_property("deviation", deviation)


def test_laplace_refuses_saddles_and_points_that_are_no_mode():
    with pytest.raises(ValueError, match="Hessian at mode must be positive definite"):
        laplace(lambda w: w[0] ** 2 - w[1] ** 2, [0.0, 0.0])
    with pytest.raises(ValueError, match="mode must be a minimum of energy, got 'a point 2 nats"):
        laplace(lambda w: w @ w / 2, [2.0, 0.0])
    with pytest.raises(ValueError, match=r"mode must be of shape \(d,\)"):
        laplace(lambda w: w.square().sum(), [[0.0]])


# ------------------------------------------------------------------------------ dropout


@pytest.mark.ground_truth(
    function="bayes.mc_dropout",
    result="linear unit: mean w.x, variance p / (1 - p) sum (w_i x_i)^2",
    source="closed form (inverted dropout)",
    figure="standard errors away (<= 5.5), 20,000 masks, p = .1, .5",
)
def test_mc_dropout_of_a_linear_unit_has_its_moments(record_property):
    scores, draws = [], 20_000
    x = torch.randn(3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for p in (0.1, 0.5):
        unit = nn.Linear(6, 1, bias=False, dtype=torch.float64)
        mean, variance = mc_dropout(
            nn.Sequential(nn.Dropout(p), unit), x, draws, np.random.default_rng(1)
        )
        terms = (unit.weight.detach() * x).numpy()
        expected = p / (1 - p) * (terms**2).sum(1)
        scores.append(abs(mean[:, 0].numpy() - terms.sum(1)) / np.sqrt(expected / draws))
        # Fourth central moment of a sum of independent terms a_i b_i, b = mask / (1 - p) - 1.
        second, fourth = p / (1 - p), p * (1 + (p / (1 - p)) ** 3)
        kurtosis = (terms**4).sum(1) * (fourth - 3 * second**2) + 3 * expected**2
        error = np.sqrt((kurtosis - expected**2) / draws)
        scores.append(abs(variance[:, 0].numpy() - expected) / error)
    worst = float(np.max(scores))
    assert worst <= 5.5
    record_property("deviation", worst)


def test_mc_dropout_leaves_model_and_generators_as_found():
    model = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 2))
    model[1].eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state, x = torch.get_rng_state(), torch.randn(3, 4, generator=torch.Generator())
    first = mc_dropout(model, x, 10, torch.Generator().manual_seed(1))
    again = mc_dropout(model, x, 10, torch.Generator().manual_seed(1))
    other = mc_dropout(model, x, 10, torch.Generator().manual_seed(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first[0], again[0]) and not torch.equal(first[0], other[0])
    assert [m.training for m in model] == [True, False, True, True] and model.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert first[0].shape == first[1].shape == (3, 2) and not first[0].requires_grad
    assert float(mc_dropout(model, x, 1, torch.Generator())[1].abs().max()) == 0


def test_mc_dropout_on_a_cpu_leaves_other_devices_alone(monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    mc_dropout(nn.Dropout(), torch.ones(1, 2), 3, torch.Generator())
    assert not seeded


def test_mc_dropout_gives_numpy_inputs_the_models_dtype():
    model, x = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2)), np.ones((3, 4))
    found, expected = (
        mc_dropout(model, inputs, 5, torch.Generator().manual_seed(0))
        for inputs in (x, torch.ones(3, 4))
    )
    assert torch.equal(found[0], expected[0]) and found[0].dtype == torch.float32


def test_mc_dropout_needs_dropout():
    with pytest.raises(ValueError, match="model must be a network with dropout layers"):
        mc_dropout(nn.Linear(2, 1), torch.ones(1, 2), 3, torch.Generator())
    with pytest.raises(ValueError, match="draws must be an integer in"):
        mc_dropout(nn.Dropout(), torch.ones(1, 2), 0, torch.Generator())
