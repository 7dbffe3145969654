"""Bayesian regression and networks: what can be had in closed form, and two approximations.

`bayes_linear` and `nngp_predict` are exact for Gaussian models in weight and in function space;
`laplace` and `mc_dropout` are the cheap ways to attach an uncertainty to a trained network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import grad, jacrev

from tdlcourse._tensors import float_tensor, model_input
from tdlcourse._validate import (
    Array,
    Generator,
    check_shape,
    error,
    float_array,
    integer,
    namespace,
    real,
    standard_uniform,
)

_LEFT_OVER = 1e-3  # nats of energy that may remain between a "mode" and the minimum


class Laplace(NamedTuple):
    """The Gaussian that `laplace` puts at a mode."""

    mean: Tensor  # (d,) the mode
    covariance: Tensor  # (d, d) inverse Hessian of the energy there
    log_evidence: float  # log of the integral of exp(-energy), to second order


def bayes_linear(X: Array, y: Array, alpha: float, beta: float) -> tuple[Array, Array]:
    """Mean and covariance of the weights of linear regression given the data.

    Model: w ~ N(0, I / alpha), y = X w + noise of variance 1 / beta, no intercept.

    Args:
        X: (n, d) inputs.
        y: (n,) or (n, k) targets; k outputs share the covariance.
        alpha: prior precision, > 0.
        beta: noise precision, > 0.

    Returns:
        m: (d,) or (d, k) posterior mean, beta S X^T y.
        S: (d, d) posterior covariance, (alpha I + beta X^T X)^-1, symmetric.

    Raises:
        ValueError: shapes disagree or a precision is not positive.

    Source:
        Bishop, "Pattern recognition and machine learning", 2006, eqs. (3.53), (3.54).
    """
    X = float_array("X", X, shape=("n", "d"))
    y = _targets(y, X)
    alpha = real("alpha", alpha, low=0, open_low=True)
    beta = real("beta", beta, low=0, open_low=True)
    xp, d = namespace(X), X.shape[1]
    identity = xp.eye(d, dtype=X.dtype, device=X.device)
    root = xp.linalg.cholesky(alpha * identity + beta * (X.mT @ X))
    inverse_root = xp.linalg.solve(root, identity)
    S = inverse_root.mT @ inverse_root
    return beta * (S @ (X.mT @ y)), S


def nngp_predict(
    K: Array, K_cross: Array, K_test: Array, y: Array, noise: float
) -> tuple[Array, Array]:
    """Mean and covariance of a Gaussian process at test points: of an infinitely wide network.

    Args:
        K: (n, n) prior covariance of the training points, for example from `kernels.nngp`.
        K_cross: (m, n) prior covariance of test with training points.
        K_test: (m, m) prior covariance of the test points.
        y: (n,) or (n, k) training targets.
        noise: variance of the noise in y, >= 0; 0 interpolates, if K is invertible.

    Returns:
        mean: (m,) or (m, k).
        covariance: (m, m) of the noise-free values, symmetric; add `noise` for new observations.

    Raises:
        ValueError: shapes disagree, or K + noise I is not positive definite.

    Source:
        Rasmussen & Williams 2006, algorithm 2.1; Lee et al., "Deep neural networks as Gaussian
        processes", 2018, eqs. (8), (9). No jitter is added.
    """
    K = float_array("K", K, shape=("n", "n"))
    y, n = _targets(y, K), K.shape[0]
    K_cross = float_array("K_cross", K_cross, shape=("m", n), like=K)
    m = K_cross.shape[0]
    K_test = float_array("K_test", K_test, shape=(m, m), like=K)
    noise, xp = real("noise", noise, low=0), namespace(K)
    try:
        root = xp.linalg.cholesky(K + noise * xp.eye(n, dtype=K.dtype, device=K.device))
    except xp.linalg.LinAlgError:
        raise error("K + noise * I", "positive definite", noise) from None
    half = xp.linalg.solve(root, K_cross.mT)
    covariance = K_test - half.mT @ half
    return half.mT @ xp.linalg.solve(root, y), (covariance + covariance.mT) / 2


def laplace(energy: Callable[[Tensor], Tensor], mode: Array) -> Laplace:
    """Gaussian approximation of the density proportional to exp(-energy) around its mode.

    Args:
        energy: w (d,) -> scalar tensor, minus the log of prior times likelihood; twice
            differentiable by torch.func.
        mode: (d,) minimum of the energy; the last layer's weights, or a small network's, flattened.

    Returns:
        Laplace(mean, covariance, log_evidence): mean is the mode, covariance the inverse Hessian,
        log_evidence = -energy(mode) + d/2 log(2 pi) - 1/2 log det(Hessian), in nats.

    Raises:
        ValueError: the Hessian is not positive definite, or mode is not a minimum: a Newton step
            would lower the energy by more than 1e-3.

    Source:
        MacKay, "A practical Bayesian framework for backpropagation networks", 1992;
        Bishop 2006, section 4.4. Exact if the energy is quadratic.
    """
    w = float_tensor("mode", mode, shape=("d",)).detach()
    root, info = torch.linalg.cholesky_ex(jacrev(grad(energy))(w))
    if int(info) > 0:
        raise error("Hessian at mode", "positive definite", f"a pivot <= 0 in row {int(info)}")
    slope = torch.linalg.solve_triangular(root, grad(energy)(w)[:, None], upper=False)
    left_over = float(slope.square().sum()) / 2
    if not left_over <= _LEFT_OVER:
        raise error("mode", "a minimum of energy", f"a point {left_over:.3g} nats above it")
    log_det_root = float(root.diagonal().log().sum())
    log_evidence = -float(energy(w)) + len(w) / 2 * math.log(2 * math.pi) - log_det_root
    return Laplace(w, torch.cholesky_inverse(root), log_evidence)


def mc_dropout(model: nn.Module, x: Array, draws: int, gen: Generator) -> tuple[Tensor, Tensor]:
    """Mean and variance of a network's output over random dropout masks.

    Dropout layers (nn.Dropout and its kin) are active; everything else, batch normalisation
    included, is as in evaluation. Modes and torch's global generators are left as found.

    Args:
        model: network with dropout layers.
        x: input batch; what is no tensor gets the model's dtype and device.
        draws: number of passes, >= 1.
        gen: generator of the masks.

    Returns:
        mean, variance: of the output's shape; variance is divided by draws, so that mean^2 +
        variance is the second moment. For regression add the noise variance.

    Raises:
        ValueError: the model has no dropout layer, or draws is out of range.

    Source:
        Gal & Ghahramani, "Dropout as a Bayesian approximation", 2016, section 4.
    """
    inputs, draws = model_input("x", x, model), integer("draws", draws, low=1)
    layers = [m for m in model.modules() if isinstance(m, nn.modules.dropout._DropoutNd)]
    if not layers:
        raise error("model", "a network with dropout layers", type(model).__name__)
    modes = [(module, module.training) for module in model.modules()]
    seed = int(float(standard_uniform(gen, (1,))[0]) * 2**53)
    devices = [inputs.device] if inputs.is_cuda else []
    try:
        model.eval()
        for layer in layers:
            layer.train()
        with torch.no_grad(), torch.random.fork_rng(devices):
            # Not torch.manual_seed: it also seeds the generators of all other devices.
            torch.default_generator.manual_seed(seed)
            for device in devices:
                torch.cuda.default_generators[device.index].manual_seed(seed)
            outputs = torch.stack([model(inputs) for _ in range(draws)])
    finally:
        for module, training in modes:
            module.training = training
    return outputs.mean(0), outputs.var(0, correction=0)


def _targets(y: Array, rows: Array) -> Array:
    y = float_array("y", y, like=rows)
    if y.ndim not in (1, 2):
        raise error("y", "of shape (n,) or (n, k)", tuple(y.shape))
    check_shape("y", y, (rows.shape[0], *y.shape[1:]))
    return y
