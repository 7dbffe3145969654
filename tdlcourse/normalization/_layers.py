"""Batch, layer, group and instance normalisation, and the backward pass that they share."""

from __future__ import annotations

import math
from typing import NamedTuple

from tdlcourse._validate import Array, check_shape, error, float_array, integer, real


class RunningStats(NamedTuple):
    """Batch normalisation's memory: (C,) mean and *unbiased* variance."""

    mean: Array
    var: Array


class NormCache(NamedTuple):
    """What `norm_bwd` needs. `axes` are those of the mean; empty if the mean was a constant.
    `shape` is y's; x^ may be grouped."""

    xhat: Array
    inv_std: Array
    gamma: Array
    axes: tuple[int, ...]
    parameter_axes: tuple[int, ...]
    shape: tuple[int, ...]


class BatchNorm(NamedTuple):
    """What `batchnorm_fwd` returns."""

    y: Array
    run: RunningStats
    cache: NormCache


class Normalized(NamedTuple):
    """What the other forward functions return."""

    y: Array
    cache: NormCache


class NormGradients(NamedTuple):
    """What `norm_bwd` returns."""

    dx: Array
    dgamma: Array
    dbeta: Array


def batchnorm_fwd(
    x: Array,
    gamma: Array,
    beta: Array,
    run: tuple[Array, Array] | None = None,
    momentum: float = 0.1,
    eps: float = 1e-5,
    training: bool = True,
) -> BatchNorm:
    """Batch normalisation: gamma (x - mean) / sqrt(var + eps) + beta, per channel.

    In training mean and (biased) variance are the batch's, and the running statistics become
    (1 - momentum) old + momentum batch, with the *unbiased* variance. Otherwise mean and variance
    are the running ones, which stay as they are.

    Args:
        x: (N, C) or (N, C, H, W).
        gamma, beta: (C,) scale and shift.
        run: (mean, var), each (C,); None is (0, 1), where training starts.
        momentum: weight of the *new* batch, in [0, 1].
        eps: inside the root, >= 0.
        training: whether to use the batch's statistics.

    Returns:
        y: of x's shape.
        run: new running statistics; the argument is not changed.
        cache: for `norm_bwd`.

    Raises:
        ValueError: wrong shapes or ranges, or training on a single value per channel.

    Source:
        Ioffe & Szegedy, "Batch normalization", ICML 2015, algorithms 1 and 2. Momentum and the
        unbiased running variance as in torch.nn.BatchNorm2d.
    """
    x = _features(x)
    shape, C, axes = tuple(x.shape), x.shape[1], (0, *range(2, x.ndim))
    gamma, beta = _affine(x, gamma, beta, (C,))
    old_mean, old_var = ([0.0] * C, [1.0] * C) if run is None else run
    old = RunningStats(
        float_array("run.mean", old_mean, shape=(C,), like=x),
        float_array("run.var", old_var, shape=(C,), like=x),
    )
    momentum, eps = real("momentum", momentum, low=0, high=1), real("eps", eps, low=0)
    if not training:
        inv_std = 1 / (_per_channel(old.var, x) + eps) ** 0.5
        xhat = (x - _per_channel(old.mean, x)) * inv_std
        same = RunningStats(old.mean + 0, old.var + 0)  # no memory shared with the argument
        cache = NormCache(xhat, inv_std, gamma, (), axes, shape)
        return BatchNorm(gamma * xhat + beta, same, cache)
    m = math.prod(x.shape) // C
    if m < 2:
        raise error("x", "more than one value per channel in training", tuple(x.shape))
    mean, var = _moments(x, axes)
    new = RunningStats(
        (1 - momentum) * old.mean + momentum * mean.reshape(C),
        (1 - momentum) * old.var + momentum * var.reshape(C) * m / (m - 1),
    )
    inv_std = 1 / (var + eps) ** 0.5
    xhat = (x - mean) * inv_std
    return BatchNorm(gamma * xhat + beta, new, NormCache(xhat, inv_std, gamma, axes, axes, shape))


def layernorm_fwd(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Normalized:
    """Layer normalisation: every example standardised over all its features.

    Args:
        x: (N, ...) examples.
        gamma, beta: scale and shift of each feature, of shape x.shape[1:].
        eps: inside the root, >= 0.

    Returns:
        y: of x's shape. cache: for `norm_bwd`.

    Raises:
        ValueError: wrong shapes, or negative eps.

    Source:
        Ba, Kiros & Hinton, "Layer normalization", 2016, eq. 3; torch.nn.LayerNorm(x.shape[1:]).
    """
    x = _features(x)
    gamma, beta = _affine(x, gamma, beta, tuple(x.shape[1:]))
    return _by_example(x, 1, gamma, beta, eps, (0,))


def groupnorm_fwd(
    x: Array, groups: int, gamma: Array, beta: Array, eps: float = 1e-5
) -> Normalized:
    """Group normalisation: every example standardised over each group of neighbouring channels.

    Args:
        x: (N, C) or (N, C, H, W).
        groups: number of groups, a divisor of C. One group standardises as layer normalisation
            does, C groups as instance normalisation does.
        gamma, beta: (C,) scale and shift.
        eps: inside the root, >= 0.

    Returns:
        y: of x's shape. cache: for `norm_bwd`.

    Raises:
        ValueError: wrong shapes, negative eps, or groups does not divide C.

    Source:
        Wu & He, "Group normalization", ECCV 2018, section 3.
    """
    x = _features(x)
    if x.shape[1] % integer("groups", groups, low=1):
        raise error("groups", f"a divisor of the {x.shape[1]} channels", groups)
    gamma, beta = _affine(x, gamma, beta, (x.shape[1],))
    return _by_example(x, groups, gamma, beta, eps, (0, *range(2, x.ndim)))


def instancenorm_fwd(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Normalized:
    """Instance normalisation: every channel of every example standardised over its positions.

    Args:
        x: (N, C, H, W).
        gamma, beta: (C,) scale and shift.
        eps: inside the root, >= 0.

    Returns:
        y: of x's shape. cache: for `norm_bwd`.

    Raises:
        ValueError: wrong shapes, or negative eps.

    Source:
        Ulyanov, Vedaldi & Lempitsky, "Instance normalization", 2016.
    """
    x = float_array("x", x, shape=("N", "C", "H", "W"))
    return groupnorm_fwd(x, x.shape[1], gamma, beta, eps)


def norm_bwd(dy: Array, cache: NormCache) -> NormGradients:
    """Gradients of any of the four normalisations, from the gradient in its output.

    dx = (gamma dy - mean(gamma dy) - x^ mean(gamma dy x^)) / sqrt(var + eps), the means over the
    entries that shared a mean forward. So dx sums to zero there, and is orthogonal to x^: the loss
    does not change if x is shifted or (but for eps) scaled. With constant statistics, at
    inference, only the factor gamma / sqrt(var + eps) remains.

    Args:
        dy: gradient in y, of y's shape.
        cache: from the forward function.

    Returns:
        dx: gradient in x, of x's shape.
        dgamma, dbeta: gradients of the shapes of gamma and beta.

    Raises:
        ValueError: dy has another shape than y.

    Source:
        Ioffe & Szegedy 2015, section 3, simplified by hand.
    """
    xhat, inv_std, gamma, axes, parameter_axes, shape = cache
    dy = float_array("dy", dy, like=xhat)
    check_shape("dy", dy, shape)
    dbeta = dy.sum(axis=parameter_axes)
    dgamma = (dy * xhat.reshape(dy.shape)).sum(axis=parameter_axes)
    dxhat = (gamma * dy).reshape(xhat.shape)
    if axes:
        shift = dxhat.mean(axis=axes, keepdims=True)
        scale = (dxhat * xhat).mean(axis=axes, keepdims=True)
        dxhat = dxhat - shift - xhat * scale
    return NormGradients((inv_std * dxhat).reshape(dy.shape), dgamma, dbeta)


def _by_example(
    x: Array, groups: int, gamma: Array, beta: Array, eps: float, parameter_axes: tuple[int, ...]
) -> Normalized:
    shape = tuple(x.shape)
    grouped = x.reshape(shape[0], groups, math.prod(shape[1:]) // groups)
    mean, var = _moments(grouped, (2,))
    inv_std = 1 / (var + real("eps", eps, low=0)) ** 0.5
    xhat = (grouped - mean) * inv_std
    y = gamma * xhat.reshape(shape) + beta
    return Normalized(y, NormCache(xhat, inv_std, gamma, (2,), parameter_axes, shape))


def _moments(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Mean and biased variance, with the axes kept."""
    mean = x.mean(axis=axes, keepdims=True)
    return mean, ((x - mean) ** 2).mean(axis=axes, keepdims=True)


def _features(x: Array) -> Array:
    x = float_array("x", x)
    if x.ndim < 2:
        raise error("x", "of shape (N, C) or (N, C, H, W)", tuple(x.shape))
    if 0 in x.shape[1:]:
        raise error("x", "at least one value per example", tuple(x.shape))
    return x


def _affine(x: Array, gamma: Array, beta: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """gamma and beta, ready to be broadcast against x."""
    gamma = float_array("gamma", gamma, shape=shape, like=x)
    beta = float_array("beta", beta, shape=shape, like=x)
    return (gamma, beta) if len(shape) > 1 else (_per_channel(gamma, x), _per_channel(beta, x))


def _per_channel(vector: Array, x: Array) -> Array:
    return vector.reshape(1, -1, *[1] * (x.ndim - 2))
