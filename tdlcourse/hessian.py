"""Hessians in closed form: of a multilayer network's loss, of a deep linear network at 0.

For one example of the former let z_m be layer m's pre-activations, v_m its inputs with a 1 appended
for the bias, delta_m = dLoss/dz_m, J_ml = dz_m/dz_l and K_m = d delta_m/dz_m. Then

    K_{m-1} = D W_m^T K_m W_m D + diag(act''(z_{m-1}) * W_m^T delta_m),   D = diag(act'(z_{m-1})),

and for l <= m the second derivative in W_m[c, d] and W_l[a, b] is

    v_l[b] * ((K_m J_ml)[c, a] v_m[d] + delta_m[c] dv_m[d]/dz_l[a]),

so that the sum over examples is a matrix product: P^2 N multiplications, and no automatic
differentiation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tdlcourse._compiled import Ints
from tdlcourse._mlp import Activation, activation, checked_layers, constant
from tdlcourse._validate import (
    Array,
    choice,
    error,
    float_array,
    int_array,
    integer,
    namespace,
)

_CHUNK = 256  # examples worked on at a time


def mlp_hessian(
    Ws: Sequence[Array],
    bs: Sequence[Array],
    X: Array,
    y: Array,
    act: str = "tanh",
    loss: str = "cross_entropy",
) -> Array:
    """All second derivatives of a multilayer network's mean loss in its weights and biases.

    Args:
        Ws: weights, the l-th of shape (out_l, in_l), first layer first.
        bs: biases, the l-th of shape (out_l,).
        X: (n, d) inputs, n >= 1.
        y: (n,) labels in [0, k) for the cross-entropy, (n, k) targets for the square loss.
        act: hidden layers' activation: "tanh", "sigmoid", "relu" (whose kink is ignored) or
            "identity".
        loss: "cross_entropy" of the softmax of the outputs, or "square": 1/2 |f(x) - y|^2.

    Returns:
        (P, P) symmetric matrix, of X's kind, dtype and device. Parameters are in the order W_1,
        b_1, W_2, b_2, ..., each row by row: that of torch's `Module.parameters()`.

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes that do not chain, no example, a label out of range, an unknown name.

    Source:
        Bishop, "Exact calculation of the Hessian matrix for the multilayer perceptron", 1992;
        Botev, Ritter & Barber, "Practical Gauss-Newton optimisation for deep learning", ICML 2017,
        section 2, for the recursion of K.
    """
    X = constant(float_array("X", X, shape=("n", "d")))
    Ws, bs = checked_layers(Ws, bs, inputs=X.shape[1], like=X)
    n, k = len(X), len(Ws[-1])
    if n == 0:
        raise error("X", "of shape (n, d) with n >= 1", tuple(X.shape))
    if choice("loss", loss, ("cross_entropy", "square")) == "square":
        y = float_array("y", y, shape=(n, k), like=X)
    else:
        y = int_array("y", y, shape=(n,), low=0, high=k, like=X)
    total: list[Array] = []
    for rows in (slice(start, start + _CHUNK) for start in range(0, n, _CHUNK)):
        blocks = _block_sums(Ws, _passes(Ws, bs, X[rows], y[rows], activation(act), loss))
        total = [a + b for a, b in zip(total, blocks, strict=True)] if total else blocks
    return _assembled(Ws, total) / n


def hessian_at_zero(dims: Sequence[int], X: Array, Y: Array) -> Array:
    """The Hessian of 1/2 |W_H ... W_1 X - Y|_F^2 at W_1 = ... = W_H = 0.

    For H = 1 it is I (x) X X^T. For H = 2 only the block between the layers is not 0, and its
    eigenvalues are plus and minus the singular values of Y X^T: a strict saddle. For H >= 3 it
    is 0: the origin is a critical point whose second derivatives do not show that it is a saddle.

    Args:
        dims: d_0, ..., d_H, the layers' sizes, H >= 1.
        X: (d_0, m) inputs, a *column* per example.
        Y: (d_H, m) targets.

    Returns:
        (P, P) matrix with P = sum_k d_k d_{k-1}, parameters in the order W_1, ..., W_H, each
        (d_k, d_{k-1}) row by row; of X's kind, dtype and device.

    Raises:
        TypeError: a size is not an integer.
        ValueError: shapes disagree, or there is no layer.

    Source:
        Kawaguchi, "Deep learning without poor local minima", NIPS 2016, theorem 2.3 and section 4;
        with the factor 1/2 and the sum over examples, not the mean.
    """
    sizes = [integer(f"dims[{k}]", d, low=1) for k, d in enumerate(dims)]
    if len(sizes) < 2:
        raise error("dims", "a list of at least two sizes", sizes)
    X = float_array("X", X, shape=(sizes[0], "m"))
    Y = float_array("Y", Y, shape=(sizes[-1], X.shape[1]), like=X)
    xp, layers = namespace(X), len(sizes) - 1
    if layers == 1:
        return xp.kron(_eye(Y.T), X @ X.T)
    parameters = sum(a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))
    whole = float_array("out", np.zeros((parameters, parameters)), like=X)
    if layers == 2:  # in W_1[a, b] and W_2[c, d]: -(Y X^T)[c, b] if a = d
        hidden, first = sizes[1], sizes[0] * sizes[1]
        identity = float_array("identity", np.eye(hidden), like=X)
        block = -xp.einsum("ad,cb->abcd", identity, Y @ X.T).reshape(first, -1)
        whole[:first, first:], whole[first:, :first] = block, block.T
    return whole


class _Layer(NamedTuple):
    """One layer's quantities for a chunk of examples; names as in the module's docstring."""

    v: Array  # (n, in + 1)
    slope: Array  # (n, in) derivative of v in the pre-activations below; 1 for the first layer
    delta: Array  # (n, out)
    K: Array  # (n, out, out)


def _passes(
    Ws: list[Array], bs: list[Array], X: Array, y: Array, act: Activation, loss: str
) -> list[_Layer]:
    xp, values = namespace(X), [X]
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        values.append(act.value(values[-1] @ W.T + b))
    delta, K = _output_derivatives(values[-1] @ Ws[-1].T + bs[-1], y, loss)
    layers = []
    for W, v in zip(reversed(Ws), reversed(values), strict=True):
        slope = act.slope(v)
        layers.append(_Layer(xp.concatenate([v, 0 * v[:, :1] + 1], 1), slope, delta, K))
        if v is not X:
            below = delta @ W
            curved = (act.curvature(v) * below)[:, :, None] * _eye(v)
            K = slope[:, :, None] * (W.T @ K @ W) * slope[:, None, :] + curved
            delta = below * slope
    return layers[::-1]


def _output_derivatives(outputs: Array, y: Array, loss: str) -> tuple[Array, Array]:
    if loss == "square":
        return outputs - y, 0 * outputs[:, :, None] + _eye(outputs)
    xp = namespace(outputs)
    p = xp.exp(outputs - xp.amax(outputs, 1, keepdims=True))
    p = p / p.sum(1, keepdims=True)
    delta = p + 0.0
    delta[range(len(y)), y] -= 1
    return delta, p[:, :, None] * (_eye(p) - p[:, None, :])


def _diagonal_block(layer: _Layer) -> Array:
    """Sum of K[c, a] v[d] v[b] over examples, for c <= a and d <= b."""
    (c, a), (d, b) = np.triu_indices(layer.K.shape[1]), np.triu_indices(layer.v.shape[1])
    return layer.K[:, c, a].T @ (layer.v[:, d] * layer.v[:, b])


def _block_sums(Ws: list[Array], layers: list[_Layer]) -> list[Array]:
    """All blocks summed over the examples: layer 1 with 1, 2, 3, ..., layer 2 with 2, 3, ..."""
    blocks = []
    for low, layer in enumerate(layers):
        blocks += [_diagonal_block(layer), *_blocks_below(Ws, layers, low)]
    return blocks


def _blocks_below(Ws: list[Array], layers: list[_Layer], low: int) -> list[Array]:
    """The blocks of layers m > low with layer low, [c, d, a, b] summed over examples."""
    blocks, jacobian = [], _eye(layers[low].delta)[None]  # J_ml, from m = low upwards
    for W, m in zip(Ws[low + 1 :], layers[low + 1 :], strict=True):
        dv = m.slope[:, :, None] * jacobian
        jacobian = W @ dv
        terms = (m.K @ jacobian)[:, :, None, :] * m.v[:, None, :, None]
        terms[:, :, :-1] += m.delta[:, :, None, None] * dv[:, None]
        blocks.append(terms.reshape(len(terms), -1).T @ layers[low].v)
    return blocks


def _assembled(Ws: list[Array], blocks: list[Array]) -> Array:
    """The symmetric matrix of all blocks, with a layer's parameters in the order W, b."""
    order = [_order(*W.shape) for W in Ws]
    ends = np.cumsum([0, *map(len, order)])
    at = [slice(begin, end) for begin, end in zip(ends[:-1], ends[1:], strict=True)]
    whole = float_array("out", np.empty((ends[-1], ends[-1])), like=Ws[0])
    remaining = iter(blocks)
    for low, W in enumerate(Ws):
        whole[at[low], at[low]] = _unpacked(next(remaining), *W.shape)[order[low]][:, order[low]]
        for m in range(low + 1, len(Ws)):
            block = next(remaining).reshape(len(order[m]), -1)
            block = block[order[m]][:, order[low]]
            whole[at[m], at[low]], whole[at[low], at[m]] = block, block.T
    return whole


def _unpacked(block: Array, out: int, width: int) -> Array:
    """[c, d, a, b] as a matrix, from its entries with c <= a and d <= b."""
    ca, db = _pair_numbers(out), _pair_numbers(width + 1)
    return block[ca[:, None, :, None], db[None, :, None, :]].reshape(out * (width + 1), -1)


def _pair_numbers(n: int) -> Ints:
    """(n, n) place of the pair {i, j} in the list of pairs i <= j."""
    numbers = np.empty((n, n), np.int64)
    i, j = np.triu_indices(n)
    numbers[i, j] = numbers[j, i] = range(len(i))
    return numbers


def _order(out: int, width: int) -> Ints:
    """Where W row by row, then b, stand in the matrix [W, b] row by row."""
    places = np.arange(out * (width + 1)).reshape(out, width + 1)
    return np.concatenate([places[:, :-1].ravel(), places[:, -1]])


def _eye(rows: Array) -> Array:
    """The identity of the size of a row, of the rows' kind, dtype and device."""
    return float_array("identity", np.eye(rows.shape[1]), like=rows)
