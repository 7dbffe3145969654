"""kernels: 50 digits, automatic differentiation, orthant probabilities and training as oracles."""

import math
import warnings
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import torch
from scipy.linalg import expm
from scipy.stats import multivariate_normal

from tdlcourse.kernels import (
    empirical_ntk,
    h_infinity,
    kernel_flow,
    kernel_gd,
    nngp,
    ntk_relu,
)

TORCH_ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda u: u,
}


def precise_kernels(x, z, depth):
    """Sigma_depth and Theta_depth of two vectors, by the textbook recursion with 50 digits."""
    with mpmath.workdps(50):
        dot = mpmath.fsum(mpmath.mpf(a) * mpmath.mpf(b) for a, b in zip(x, z, strict=True))
        norms = mpmath.sqrt(mpmath.fsum(mpmath.mpf(a) ** 2 for a in x)) * mpmath.sqrt(
            mpmath.fsum(mpmath.mpf(a) ** 2 for a in z)
        )
        sigma = theta = dot
        for _ in range(depth):
            cosine = max(-1, min(1, sigma / norms))
            angle = mpmath.acos(cosine)
            sigma = norms * (mpmath.sin(angle) + (mpmath.pi - angle) * cosine) / mpmath.pi
            theta = sigma + theta * (mpmath.pi - angle) / mpmath.pi
        return float(sigma), float(theta)


def awkward_inputs(rng):
    """Generic, equal, opposite, nearly equal and nearly opposite inputs of different lengths."""
    base = rng.normal(size=(4, 6))
    near = base[0] * (1 + 1e-9 * rng.normal(size=6))
    close = base[1] * (1 + 1e-3 * rng.normal(size=6))
    return np.vstack([base, 3 * base[0], -base[0] / 7, near, -near, close, -1e3 * close])


# ---------------------------------------------------------------------------------------- analytic


@pytest.mark.ground_truth(
    function="kernels.ntk_relu",
    result="tangent kernel of unit vectors with cosine 1/2",
    source="Arora et al. 2019, section 3; recomputed independently",
    figure="0.942331, 1.351480, 1.737845 at depth 1, 2, 3",
)
@pytest.mark.parametrize(("depth", "value"), [(1, 0.942331), (2, 1.351480), (3, 1.737845)])
def test_tangent_kernel_at_60_degrees(depth, value, record_property):
    X = np.array([[1.0, 0.0], [0.5, math.sqrt(0.75)]])
    kernel = ntk_relu(X, depth=depth).ntk
    deviation = abs(kernel[0, 1] - value)
    assert deviation <= 5.1e-7
    assert np.diag(kernel) == pytest.approx([depth + 1] * 2, abs=1e-14)
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="kernels.nngp",
    result="Gaussian process kernel of unit vectors with cosine 1/2",
    source="Cho & Saul 2009; recomputed independently",
    figure="0.608998, 0.683906, 0.738128 at depth 1, 2, 3",
)
@pytest.mark.parametrize(("depth", "value"), [(1, 0.608998), (2, 0.683906), (3, 0.738128)])
def test_gaussian_process_kernel_at_60_degrees(depth, value, record_property):
    kernel = nngp([[2.0, 0.0]], [[1.5, 3 * math.sqrt(0.75)]], depth)
    deviation = abs(kernel[0, 0] / 6 - value)
    assert deviation <= 5.1e-7
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="kernels.ntk_relu",
    result="both kernels, also of parallel, opposite and nearly parallel inputs",
    source="Arora et al. 2019, section 3",
    figure="recursion with 50 digits (mpmath)",
)
@pytest.mark.parametrize("depth", [0, 1, 3, 10])
@pytest.mark.parametrize("symmetric", [True, False])
def test_kernels_have_twelve_digits_everywhere(depth, symmetric, record_property):
    X = awkward_inputs(np.random.default_rng(0))
    found = ntk_relu(X, None if symmetric else X.copy(), depth)
    norms = np.linalg.norm(X, axis=1)
    deviation = 0.0
    for i, x in enumerate(X):
        for j, z in enumerate(X):
            expected = precise_kernels(x, z, depth)
            for kernel, value in zip(found, expected, strict=True):
                deviation = max(deviation, abs(kernel[i, j] - value) / (norms[i] * norms[j]))
    assert deviation <= 1e-13 * (depth + 1)
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="kernels.ntk_relu",
    result="diagonal (depth + 1) |x|^2",
    source="Arora et al. 2019, section 3",
    figure="depth + 1",
)
def test_diagonal_is_exact(record_property):
    X = np.random.default_rng(1).normal(size=(300, 40)) * 10
    kernels = ntk_relu(X, depth=5)
    squares = (X**2).sum(axis=1)
    deviation = max(
        abs(np.diag(kernels.nngp) / squares - 1).max(),
        abs(np.diag(kernels.ntk) / squares / 6 - 1).max(),
    )
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="kernels.h_infinity",
    result="<x, x'> times the probability that both units are on",
    source="Du et al. 2019, section 3",
    figure="Gaussian orthant probability (scipy)",
)
def test_h_infinity_is_an_orthant_probability(record_property):
    rng = np.random.default_rng(2)
    X, Z = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    kernel, deviation = h_infinity(X, Z), 0.0
    for i, x in enumerate(X):
        for j, z in enumerate(Z):
            covariance = [[x @ x, x @ z], [x @ z, z @ z]]
            both = multivariate_normal.cdf([0, 0], cov=covariance, abseps=1e-12, releps=1e-12)
            deviation = max(deviation, abs(kernel[i, j] - (x @ z) * both))
    assert deviation <= 1e-9
    record_property("deviation", deviation)


def test_h_infinity_is_a_gram_matrix_with_half_squares_on_the_diagonal():
    X = np.random.default_rng(3).normal(size=(30, 5))
    kernel = h_infinity(X)
    np.testing.assert_allclose(np.diag(kernel), (X**2).sum(axis=1) / 2, rtol=1e-14)
    assert np.linalg.eigvalsh(kernel)[0] > 0
    assert (kernel == kernel.T).all()


def test_blocks_do_not_show():
    """More rows than one block has; the symmetric and the general path agree."""
    X = np.random.default_rng(4).normal(size=(400, 3))
    for whole, general in zip(ntk_relu(X, depth=2), ntk_relu(X, X.copy(), 2), strict=True):
        np.testing.assert_allclose(whole, general, rtol=0, atol=1e-13)
        np.testing.assert_array_equal(whole, whole.T)


def test_zero_inputs_and_empty_sets():
    X = np.array([[0.0, 0.0], [1.0, 2.0]])
    assert ntk_relu(X, depth=2).ntk[0].tolist() == [0.0, 0.0]
    assert nngp(np.empty((0, 2)), X, 1).shape == (0, 2)
    assert nngp(X, np.empty((0, 2)), 1).shape == (2, 0)


def test_analytic_kernels_keep_kind_and_dtype():
    X = np.random.default_rng(5).normal(size=(6, 4))
    single = torch.tensor(X, dtype=torch.float32)
    found = ntk_relu(single, depth=3)
    assert found.ntk.dtype == torch.float32
    np.testing.assert_allclose(found.ntk.numpy(), ntk_relu(X, depth=3).ntk, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(ntk_relu(torch.tensor(X), depth=3).ntk.numpy().shape, (6, 6))


# --------------------------------------------------------------------------------------- empirical


def random_network(rng, sizes):
    Ws = [rng.normal(size=(o, i)) / math.sqrt(i) for i, o in pairwise(sizes)]
    return Ws, [rng.normal(size=o) / 3 for o in sizes[1:]]


def autograd_ntk(Ws, bs, X1, X2, act, rates):
    """Sum over parameters of Jacobian products, by torch.func."""
    parameters = {f"W{k}": torch.tensor(W) for k, W in enumerate(Ws)}
    parameters |= {f"b{k}": torch.tensor(b) for k, b in enumerate(bs or [])}

    def network(parameters, x):
        for k in range(len(Ws)):
            x = parameters[f"W{k}"] @ x + parameters.get(f"b{k}", 0.0)
            x = TORCH_ACTIVATIONS[act](x) if k + 1 < len(Ws) else x
        return x

    jacobian = torch.vmap(torch.func.jacrev(network), (None, 0))
    first, second = jacobian(parameters, torch.tensor(X1)), jacobian(parameters, torch.tensor(X2))
    total = 0.0
    for name in parameters:
        rate = rates[int(name[1:])] if name[0] == "W" else 1.0
        flat1, flat2 = first[name].flatten(2), second[name].flatten(2)
        total = total + rate * torch.einsum("nkp,mjp->nmkj", flat1, flat2)
    return total.numpy()


@pytest.mark.ground_truth(
    function="kernels.empirical_ntk",
    result="inner products of parameter gradients",
    source="Jacot, Gabriel & Hongler 2018",
    figure="torch.func.jacrev",
)
@pytest.mark.parametrize("act", TORCH_ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(3, 1), (4, 7, 1), (2, 5, 6, 1), (3, 4, 2), (3, 5, 4, 3)])
@pytest.mark.parametrize("biased", [True, False])
def test_empirical_kernel_by_automatic_differentiation(act, sizes, biased, record_property):
    rng = np.random.default_rng(sum(sizes))
    Ws, bs = random_network(rng, sizes)
    bs = bs if biased else None
    X1, X2 = rng.normal(size=(5, sizes[0])), rng.normal(size=(3, sizes[0]))
    rates = rng.uniform(size=len(Ws)).tolist()
    deviation = 0.0
    for second, given in ((X2, X2), (X1, None)):
        expected = autograd_ntk(Ws, bs, X1, second, act, rates)
        expected = expected[..., 0, 0] if sizes[-1] == 1 else expected
        found = empirical_ntk(Ws, bs, X1, given, act, rates=rates)
        assert found.shape == expected.shape
        deviation = max(deviation, abs(found - expected).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="kernels.empirical_ntk",
    result="its mean over initializations is the analytic kernel (one hidden layer)",
    source="Jacot, Gabriel & Hongler 2018",
    figure="kernels.ntk_relu, 5 standard errors over 300 networks",
)
def test_mean_empirical_kernel_is_the_analytic_one(record_property):
    rng = np.random.default_rng(6)
    X, width = rng.normal(size=(3, 4)), 200
    samples = []
    for _ in range(300):
        Ws = [rng.normal(size=(width, 4)), math.sqrt(2 / width) * rng.normal(size=(1, width))]
        samples.append(empirical_ntk(Ws, None, X, rates=[1.0, 2 / width]))
    error = np.std(samples, axis=0, ddof=1) / math.sqrt(len(samples))
    deviation = (abs(np.mean(samples, axis=0) - ntk_relu(X).ntk) / error).max()
    assert deviation <= 5
    record_property("deviation", deviation)


def test_wide_deep_networks_approach_the_analytic_kernel():
    rng = np.random.default_rng(7)
    X, width = rng.normal(size=(3, 5)), 2048
    Ws = [rng.normal(size=(width, 5))]
    Ws += [math.sqrt(2 / width) * rng.normal(size=(o, width)) for o in (width, 1)]
    found = empirical_ntk(Ws, None, X, rates=[1.0, 2 / width, 2 / width])
    analytic = ntk_relu(X, depth=2).ntk
    norms = np.sqrt(np.diag(analytic))
    # relu(u)^2 summed over a layer has relative variance 5 / width; 3 layers, 5 deviations
    assert (abs(found - analytic) / np.outer(norms, norms)).max() <= 5 * math.sqrt(3 * 5 / width)


def test_empirical_kernel_keeps_kind_and_arguments():
    rng = np.random.default_rng(8)
    Ws, bs = random_network(rng, (3, 6, 1))
    X = rng.normal(size=(4, 3))
    copies = [W.copy() for W in Ws], [b.copy() for b in bs], X.copy()
    expected = empirical_ntk(Ws, bs, X)
    assert all(
        (a == b).all()
        for a, b in zip([*Ws, *bs, X], [*copies[0], *copies[1], copies[2]], strict=True)
    )
    tensors = [torch.tensor(W) for W in Ws], [torch.tensor(b) for b in bs]
    np.testing.assert_allclose(empirical_ntk(*tensors, torch.tensor(X)).numpy(), expected)
    assert empirical_ntk(Ws, bs, X.astype(np.float32)).dtype == np.float32


def test_parameters_of_a_module_are_taken_as_constants():
    network = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))
    X = torch.ones(4, 3, requires_grad=True)
    parameters = list(network.parameters())
    found = empirical_ntk(parameters[0::2], parameters[1::2], X)
    assert not found.requires_grad
    assert not ntk_relu(X, X, 2).ntk.requires_grad
    assert X.detach().eq(1).all()


# ---------------------------------------------------------------------------------- kernel descent


def random_kernel(rng, n, rank=None):
    factor = rng.normal(size=(n, rank or n))
    return factor @ factor.T / n


@pytest.mark.ground_truth(
    function="kernels.kernel_gd",
    result="predictions after t steps",
    source="Lee et al. 2019, section 2.2",
    figure="t explicit steps",
)
@pytest.mark.parametrize("rank", [3, 8])
@pytest.mark.parametrize("steps", [0, 1, 7, 200])
def test_kernel_descent_is_the_explicit_loop(rank, steps, record_property):
    rng = np.random.default_rng(9)
    kernel, y = random_kernel(rng, 8, rank), rng.normal(size=(8, 2))
    cross = rng.normal(size=(5, 8)) @ kernel
    rate = 1.7 / np.linalg.eigvalsh(kernel)[-1]
    outputs, others = np.zeros((8, 2)), np.zeros((5, 2))
    for _ in range(steps):
        residual = y - outputs
        outputs, others = outputs + rate * kernel @ residual, others + rate * cross @ residual
    deviation = max(
        abs(kernel_gd(kernel, y, rate, steps) - outputs).max(),
        abs(kernel_gd(kernel, y, rate, steps, cross=cross) - others).max(),
    )
    assert deviation <= 1e-11
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="kernels.kernel_flow",
    result="predictions after time t",
    source="Jacot, Gabriel & Hongler 2018, section 5",
    figure="scipy.linalg.expm",
)
@pytest.mark.parametrize("time", [0.0, 0.3, 20.0])
def test_kernel_flow_is_the_matrix_exponential(time, record_property):
    rng = np.random.default_rng(10)
    kernel, y = random_kernel(rng, 7), rng.normal(size=7)
    cross = rng.normal(size=(4, 7))
    expected = y - expm(-time * kernel) @ y
    others = cross @ np.linalg.solve(kernel, expected)
    deviation = max(
        abs(kernel_flow(kernel, y, time) - expected).max(),
        abs(kernel_flow(kernel, y, time, cross=cross) / others - 1).max() if time else 0.0,
    )
    assert deviation <= 1e-11
    record_property("deviation", deviation)


def test_descent_ends_in_kernel_regression():
    rng = np.random.default_rng(11)
    kernel, y = random_kernel(rng, 6) + np.eye(6), rng.normal(size=6)
    cross = rng.normal(size=(3, 6))
    expected = cross @ np.linalg.solve(kernel, y)
    rate = 1 / np.linalg.eigvalsh(kernel)[-1]
    np.testing.assert_allclose(kernel_gd(kernel, y, rate, 2000, cross=cross), expected, rtol=1e-12)
    tensor = kernel_gd(torch.tensor(kernel), y, rate, 2000, cross=torch.tensor(cross))
    np.testing.assert_allclose(tensor.numpy(), expected, rtol=1e-12)


def trained(m, seed, n=10, d=20):
    """Du's two-layer network by small steps until exp(-lambda_0 t) = e^-8.

    Returns the largest ratio of the squared residual to its bound, and the kernel's relative move.
    """
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n, d)), rng.choice([-1.0, 1.0], n)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    W, a = rng.normal(size=(m, d)), rng.choice([-1.0, 1.0], m)
    eigenvalues = np.linalg.eigvalsh(h_infinity(X))
    rate, time, worst = 0.1 / eigenvalues[-1], 0.0, 0.0
    start = None
    while time < 8 / eigenvalues[0]:
        on = X @ W.T > 0
        residual = np.maximum(X @ W.T, 0) @ a / math.sqrt(m) - y
        start = start or (residual @ residual, (X @ X.T) * (on @ on.T.astype(float)) / m)
        worst = max(worst, residual @ residual / start[0] * math.exp(eigenvalues[0] * time))
        W = W - rate * (on * residual[:, None] * a).T @ X / math.sqrt(m)
        time += rate
    on = X @ W.T > 0
    moved = (X @ X.T) * (on @ on.T.astype(float)) / m - start[1]
    return worst, np.linalg.norm(moved) / np.linalg.norm(start[1])


@pytest.mark.ground_truth(
    function="kernels.h_infinity",
    result="squared residuals stay below e^(-lambda_0 t), the kernel moves by m^(-1/2)",
    source="Du et al. 2019, theorem 3.1; Jacot, Gabriel & Hongler 2018",
    figure="envelope held at every width; slope -1/2",
)
def test_training_obeys_the_envelope_and_the_kernel_hardly_moves(record_property):
    widths = [50, 200, 800, 3200]
    runs = np.array([[trained(m, seed) for seed in range(4)] for m in widths])
    assert runs[..., 0].max() <= 1 + 1e-12
    moves = runs[..., 1].mean(axis=1)
    slope = np.polyfit(np.log(widths), np.log(moves), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.15)
    record_property("deviation", abs(slope + 0.5))


def test_kernel_descent_beyond_the_stable_rate_diverges_without_warnings():
    K, y = np.diag([2.0, 1.0]), np.array([1.0, 1.0])
    for steps in (1, 7, 40):
        residual = y.copy()
        for _ in range(steps):
            residual -= 1.5 * K @ residual
        np.testing.assert_allclose(kernel_gd(K, y, 1.5, steps), y - residual, rtol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isfinite(kernel_gd(K, y, 1.5, 3000)[0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_kernels_take_inputs_whose_squares_are_out_of_range(library, dtype):
    rng = np.random.default_rng(0)
    X1, X2 = rng.normal(size=(4, 3)).astype(dtype), rng.normal(size=(5, 3)).astype(dtype)
    X1[2] = 0
    scale = dtype(2.0) ** (600 if dtype is np.float64 else 80)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = h_infinity(library(X1 * scale), library(X2 / scale))
        tangents = ntk_relu(library(X1 / scale), library(X2 * scale), 2).ntk
    rounding = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, h_infinity(X1, X2), rtol=0, atol=rounding)
    np.testing.assert_allclose(tangents, ntk_relu(X1, X2, 2).ntk, rtol=0, atol=9 * rounding)


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: h_infinity([1.0, 2.0]), r"X1 must be of shape \(n, d\), got \(2,\)"),
        (lambda: nngp(np.ones((2, 3)), np.ones((2, 4))), r"X2 must be of shape \(m, 3\)"),
        (lambda: ntk_relu(np.ones((2, 3)), depth=-1), "depth must be an integer in .0, inf."),
        (lambda: ntk_relu([[np.inf, 1.0]]), "X1 must be finite, got inf"),
        (lambda: empirical_ntk([np.ones((1, 3))], [[0.0]], np.ones((2, 2))), r"Ws\[0\] must be"),
        (
            lambda: empirical_ntk([np.ones((1, 2))], None, np.ones((2, 2)), rates=[1, 2]),
            "rates must be a number for each of the 1 layers, got 2",
        ),
        (lambda: kernel_gd(np.ones((2, 3)), [1, 2], 0.1, 3), r"kernel must be of shape \(n, n\)"),
        (
            lambda: kernel_gd(np.ones((0, 0)), [], 0.1, 3),
            r"kernel must be of shape \(n, n\) with n >= 1, got \(0, 0\)",
        ),
        (lambda: kernel_gd(np.eye(2), [1, 2, 3], 0.1, 3), r"y must be of shape \(2,\) or \(2, k\)"),
        (lambda: kernel_gd(np.eye(2), [1, 2], 0.0, 3), "rate must be"),
        (lambda: kernel_flow(np.eye(2), [1, 2], -1.0), "time must be"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
