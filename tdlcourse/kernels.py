"""Kernels of wide networks: arc-cosine, Gaussian process and neural tangent kernels.

Inputs are rows. Kernels of ReLU networks are computed from angles, not cosines: next to a cosine of
1 the arc cosine turns a rounding error of 1e-16 into one of 1e-8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tdlcourse._angles import Angle, acute_angle, from_angles, next_half
from tdlcourse._blocks import by_row_blocks
from tdlcourse._mlp import Activation, activation, checked_layers, constant
from tdlcourse._validate import Array, error, float_array, integer, namespace, real


class Kernels(NamedTuple):
    """What `ntk_relu` returns."""

    nngp: Array
    ntk: Array


def h_infinity(X1: Array, X2: Array | None = None) -> Array:
    """E over w ~ N(0, I) of <x, x'> 1{<w, x> >= 0, <w, x'> >= 0} = <x, x'> (pi - theta) / (2 pi).

    The limit kernel of a two-layer ReLU network of which the first layer is trained.

    Args:
        X1: (n, d) inputs, any norms.
        X2: (m, d) inputs; X1 without.

    Returns:
        (n, m) kernel, of X1's kind, dtype and device.

    Raises:
        ValueError: shapes disagree, or an input is not finite.

    Source:
        Du et al., "Gradient descent provably optimizes over-parameterized neural networks",
        ICLR 2019, definition of H^infinity in section 3. They take inputs of norm 1.
    """

    def kernel(angle: Angle) -> Array:
        return (0.5 - angle.half) * (1 - angle.share)

    return from_angles(X1, X2, lambda angle: (kernel(angle),))[0]


def ntk_relu(X1: Array, X2: Array | None = None, depth: int = 1) -> Kernels:
    """Gaussian process and tangent kernel of an infinitely wide ReLU network without biases.

    With k1, k0 the arc-cosine kernels of degree 1 and 0, and rho the cosine of layer l:
    Sigma_{l+1} = |x||x'| k1(rho_l) and Theta_{l+1} = Sigma_{l+1} + Theta_l k0(rho_l), from
    Sigma_0 = Theta_0 = <x, x'>. On the diagonal they are |x|^2 and (depth + 1) |x|^2.

    Args:
        X1: (n, d) inputs, any norms.
        X2: (m, d) inputs; X1 without.
        depth: number of hidden layers, >= 0.

    Returns:
        nngp: (n, m) Sigma_depth, the covariance of the outputs at initialization.
        ntk: (n, m) Theta_depth. Both of X1's kind, dtype and device.

    Raises:
        ValueError: shapes disagree, an input is not finite, or depth is negative.

    Source:
        Jacot, Gabriel & Hongler, "Neural tangent kernel", NeurIPS 2018; in the
        normalisation of Arora et al., "On exact computation with an infinitely wide neural net",
        NeurIPS 2019, section 3: weights N(0, 1), outputs of hidden layers times sqrt(2 / width),
        no factor 1 / d at the inputs.
    """
    depth = integer("depth", depth, low=0)

    def kernels(angle: Angle) -> tuple[Array, Array]:
        nngp = ntk = 1 - 2 * angle.half
        for layer in range(depth):
            half = next_half(angle)
            nngp = 1 - 2 * half  # k1
            ntk = ntk * (1 - angle.share)  # times k0
            ntk += nngp
            angle = acute_angle(half) if layer + 1 < depth else angle
        return nngp, ntk

    return Kernels(*from_angles(X1, X2, kernels))


def nngp(X1: Array, X2: Array | None = None, depth: int = 1) -> Array:
    """Covariance of the outputs of an infinitely wide random ReLU network, (n, m).

    The first result of `ntk_relu`, with its arguments and conventions.

    Source:
        Lee et al., "Deep neural networks as Gaussian processes", ICLR 2018, with
        sigma_w^2 = 2, sigma_b = 0 and no factor 1 / d at the inputs; Cho & Saul 2009.
    """
    return ntk_relu(X1, X2, depth).nngp


def empirical_ntk(
    Ws: Sequence[Array],
    bs: Sequence[Array] | None,
    X1: Array,
    X2: Array | None = None,
    act: str = "relu",
    *,
    rates: Sequence[float] | None = None,
) -> Array:
    """Inner products of the parameter gradients of a multilayer network's outputs.

    With v_l the layer's inputs and g_l = df/du_l, the gradient in W_l is g_l v_l^T. So the kernel
    is sum_l (v_l(x) . v_l(x') + 1) (g_l(x) . g_l(x')): a few matrix products, and no gradient is
    ever formed.

    Args:
        Ws: weights, the l-th of shape (out_l, in_l), first layer first.
        bs: biases, the l-th of shape (out_l,); None for a network without (then without the 1).
        X1: (n, d) inputs.
        X2: (m, d) inputs; X1 without.
        act: hidden layers' activation: "relu", "tanh", "sigmoid" or "identity".
        rates: factor for each layer's weights; 1 without. 2 / in_l from the second layer on is the
            tangent kernel in the parametrisation of `ntk_relu`.

    Returns:
        (n, m) for a network with one output, else (n, m, k, k) for k outputs; of X1's kind, dtype
        and device.

    Raises:
        ValueError: shapes that do not chain, or an unknown activation.

    Source:
        Jacot, Gabriel & Hongler 2018; Novak et al., "Fast finite width neural tangent
        kernel", ICML 2022, for exploiting the structure.
    """
    X1 = constant(float_array("X1", X1, shape=("n", "d")))
    given = [[0.0] * len(W) for W in Ws] if bs is None else bs
    weights, biases = checked_layers(Ws, given, inputs=X1.shape[1], like=X1)
    factors = [1.0] * len(Ws) if rates is None else [real("rates", r, low=0) for r in rates]
    if len(factors) != len(Ws):
        raise error("rates", f"a number for each of the {len(Ws)} layers", len(factors))
    first = second = _layers(weights, biases, X1, activation(act))
    if X2 is not None:
        X2 = constant(float_array("X2", X2, shape=("m", X1.shape[1]), like=X1))
        second = _layers(weights, biases, X2, activation(act))
    n, m, k = len(X1), len(X1 if X2 is None else X2), len(weights[-1])
    identity = float_array("identity", np.eye(k)[:, None], like=X1)

    def block(rows: slice, left: int) -> list[Array]:
        total: Array = 0.0
        for rate, (v1, g1), (v2, g2) in zip(factors, first, second, strict=True):
            inputs = v1[rows] @ v2[left:].T
            inputs *= rate
            inputs += bs is not None
            inputs = inputs[:, None, :, None]
            if g1 is None:
                term = inputs * identity
            else:
                term = _by_output(g1[rows]) @ _by_output(g2[left:]).T
                term = term.reshape(len(inputs), k, m - left, k)
                term *= inputs
            total = term + total
        return [total.reshape(k * total.shape[0], -1)]

    (kernel,) = by_row_blocks(n, m, X1, block, symmetric=X2 is None, unit=k, least_rows=128)
    return kernel if k == 1 else namespace(X1).moveaxis(kernel.reshape(n, k, m, k), 2, 1)


def kernel_gd(
    kernel: Array, y: Array, rate: float, steps: int, *, cross: Array | None = None
) -> Array:
    """Predictions of a linearised network, zero at the start, after gradient descent.

    Residuals obey r_{t+1} = (I - rate K) r_t; all steps are taken at once in K's eigenvectors.

    Args:
        kernel: (n, n) kernel of the training inputs, symmetric, positive semi-definite.
        y: (n,) or (n, k) targets; for a network that does not start at 0, less its first outputs.
        rate: step size of gradient descent on 1/2 sum of squares, positive; converges below
            2 / (largest eigenvalue).
        steps: number of steps, >= 0.
        cross: (m, n) kernel of other inputs with the training inputs; the training inputs without.

    Returns:
        (m,) or (m, k) predictions; not finite if a too large rate has made them overflow.

    Raises:
        ValueError: shapes disagree, there is no input, or rate or steps out of range.

    Source:
        Lee et al., "Wide neural networks of any depth evolve as linear models", NeurIPS 2019,
        section 2.2, in discrete time and for the loss without 1 / n.
    """
    rate = real("rate", rate, low=0, open_low=True)
    steps = integer("steps", steps, low=0)

    def learned(eigenvalue: Array) -> Array:  # 1 - (1 - x)^steps, exact for small x as well
        xp, x = namespace(eigenvalue), rate * eigenvalue
        small = -xp.expm1(steps * xp.log1p(-x.clip(None, 0.5)))
        return xp.where(x <= 0.5, small, 1 - (1 - x) ** steps)

    with np.errstate(over="ignore", invalid="ignore"):  # divergence shows in the result
        return _filtered(kernel, y, cross, learned, limit=rate * steps)


def kernel_flow(kernel: Array, y: Array, time: float, *, cross: Array | None = None) -> Array:
    """Predictions of a linearised network, zero at the start, after gradient flow for `time`.

    The limit of `kernel_gd` for many small steps, rate * steps = time: the residual along an
    eigenvector decays as exp(-eigenvalue time). Arguments and result otherwise as there.

    Source:
        Jacot, Gabriel & Hongler 2018, section 5; Lee et al. 2019, section 2.2.
    """
    time = real("time", time, low=0)
    return _filtered(kernel, y, cross, lambda e: -namespace(e).expm1(-time * e), limit=time)


def _filtered(
    kernel: Array, y: Array, cross: Array | None, learned: Callable[[Array], Array], limit: float
) -> Array:
    """cross K^-1 learned(K) y; limit is learned(e) / e at the eigenvalue 0."""
    kernel = float_array("kernel", kernel, shape=("n", "n"), finite=True)
    n = len(kernel)
    if n == 0:
        raise error("kernel", "of shape (n, n) with n >= 1", (0, 0))
    y = float_array("y", y, like=kernel)
    if y.ndim not in (1, 2) or len(y) != n:
        raise error("y", f"of shape ({n},) or ({n}, k)", tuple(y.shape))
    xp = namespace(kernel)
    values, vectors = xp.linalg.eigh(kernel)
    tiny = abs(values) <= n * xp.finfo(values.dtype).eps * abs(values).max()
    ratio = xp.where(tiny, limit, learned(values) / xp.where(tiny, 1.0, values))
    coefficients = vectors @ (ratio[:, None] * (vectors.T @ y.reshape(n, -1)))
    if cross is not None:
        kernel = float_array("cross", cross, shape=("m", n), like=kernel)
    return (kernel @ coefficients).reshape(len(kernel), *y.shape[1:])


# ------------------------------------------------------------------------------------- networks


def _layers(
    Ws: list[Array], bs: list[Array], X: Array, act: Activation
) -> list[tuple[Array, Array]]:
    """Each layer's inputs v (n, in), and gradients g (n, k, out) of the k outputs.

    None stands for those of the last layer, the identity for each example.
    """
    values = [X]
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        u = values[-1] @ W.T
        u += b
        values.append(act.value(u))
    grads: list[Array] = [None]
    for W, v in zip(Ws[:0:-1], values[:0:-1], strict=True):
        slope, g = act.slope(v)[:, None, :], grads[-1]
        if g is None:
            grads.append(W * slope)
        else:
            grads.append((_by_output(g) @ W).reshape(*g.shape[:2], -1))
            grads[-1] *= slope
    return list(zip(values, grads[::-1], strict=True))


def _by_output(g: Array) -> Array:
    """(n, k, out) as a matrix, a row for each output of each example."""
    return g.reshape(g.shape[0] * g.shape[1], -1)
