"""Backpropagation by hand: multilayer networks, deep linear networks, and a gradient check.

Layer l computes u_l = W_l v_{l-1} + b_l and v_l = act(u_l). The error signal is
delta_l = dLoss/du_l, so that dLoss/dW_l = delta_l v_{l-1}^T and a descent step *subtracts* it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tdlcourse._validate import (
    Array,
    choice,
    error,
    float_array,
    int_array,
    namespace,
    numpy_array,
    real,
)

# Each activation with its derivative, written in the activation's value v = act(u).
_ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (lambda u: u.clip(0), lambda v: v > 0),
    "tanh": (lambda u: namespace(u).tanh(u), lambda v: 1 - v**2),
    # exp of a large positive number would overflow: sigmoid(u) = (1 + tanh(u / 2)) / 2
    "sigmoid": (lambda u: (1 + namespace(u).tanh(u / 2)) / 2, lambda v: v * (1 - v)),
    "identity": (lambda u: u, lambda v: 0 * v + 1),
}


def mlp_loss_grad(
    Ws: Sequence[Array], bs: Sequence[Array], X: Array, y: Array, act: str = "relu"
) -> tuple[Array, list[Array], list[Array]]:
    """Mean cross-entropy of a multilayer network, and its gradient in all weights and biases.

    Hidden layers apply `act`; the last layer's outputs are logits.

    Args:
        Ws: weights, the l-th of shape (out_l, in_l), first layer first.
        bs: biases, the l-th of shape (out_l,).
        X: (n, d) inputs, a row per example, n >= 1.
        y: (n,) labels, integers in [0, K) with K the last layer's size.
        act: "relu", "tanh", "sigmoid" or "identity".

    Returns:
        loss: a number, in nats, mean over the batch.
        dWs: gradients of the shapes of Ws.
        dbs: gradients of the shapes of bs.

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes that do not chain, no examples, a label outside [0, K), an unknown
            activation.

    Source:
        Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", 1986.
        The derivative of ReLU at 0 is taken to be 0, as torch does.
    """
    X = float_array("X", X, shape=("n", "d"))
    Ws, bs = _checked_layers(Ws, bs, X)
    n, K = X.shape[0], bs[-1].shape[0]
    if n == 0:
        raise error("X", "at least one row", tuple(X.shape))
    y = int_array("y", y, shape=(n,), low=0, high=K, like=X)
    apply, slope = _ACTIVATIONS[choice("act", act, _ACTIVATIONS)]

    values = [X]  # v_0, ..., v_{L-1}
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        values.append(apply(values[-1] @ W.T + b))
    loss, delta = _softmax_loss(values[-1] @ Ws[-1].T + bs[-1], y)

    dWs: list[Array] = []
    dbs: list[Array] = []
    for k in reversed(range(len(Ws))):
        dWs.insert(0, delta.T @ values[k])
        dbs.insert(0, delta.sum(axis=0))
        if k > 0:  # from du_{k+1} to du_k: back through the weights, then through the activation
            delta = (delta @ Ws[k]) * slope(values[k])
    return loss, dWs, dbs


def _checked_layers(
    Ws: Sequence[Array], bs: Sequence[Array], X: Array
) -> tuple[list[Array], list[Array]]:
    if len(Ws) != len(bs) or len(Ws) == 0:
        raise error("Ws and bs", "lists of the same length >= 1", (len(Ws), len(bs)))
    weights, biases, width = [], [], X.shape[1]
    for k, (W, b) in enumerate(zip(Ws, bs, strict=True)):
        weights.append(float_array(f"Ws[{k}]", W, shape=("out", width), like=X))
        width = weights[-1].shape[0]
        biases.append(float_array(f"bs[{k}]", b, shape=(width,), like=X))
    return weights, biases


def _softmax_loss(logits: Array, y: Array) -> tuple[Array, Array]:
    """Mean cross-entropy and its gradient in the logits, (softmax - onehot) / n."""
    xp, rows = namespace(logits), range(len(logits))
    logits = logits - xp.amax(logits, axis=1, keepdims=True)  # softmax unchanged, no overflow
    exp = xp.exp(logits)
    total = exp.sum(axis=1, keepdims=True)
    delta = exp / total
    delta[rows, y] -= 1
    return (xp.log(total)[:, 0] - logits[rows, y]).mean(), delta / len(logits)


def deep_linear_grads(Ws: Sequence[Array], X: Array, Y: Array) -> list[Array]:
    """Gradients of 1/2 |W_H ... W_1 X - Y|_F^2 in W_1, ..., W_H.

    dL/dW_k = (W_H ... W_{k+1})^T (W_H ... W_1 X - Y) (W_{k-1} ... W_1 X)^T, by one pass forward
    and one back: O(H) products.

    Args:
        Ws: weights, the k-th of shape (d_k, d_{k-1}), W_1 first.
        X: (d_0, m) inputs, a *column* per example.
        Y: (d_H, m) targets.

    Returns:
        Gradients of the shapes of Ws, of X's kind, dtype and device.

    Raises:
        ValueError: shapes that do not chain from X to Y.

    Source:
        Kawaguchi, "Deep learning without poor local minima", NIPS 2016, eq. 1: with the factor 1/2
        and the sum over examples, not the mean.
    """
    X = float_array("X", X, shape=("d_0", "m"))
    if len(Ws) == 0:
        raise error("Ws", "a list of at least one matrix", Ws)
    values, weights = [X], []  # values[k] = W_k ... W_1 X
    for k, W in enumerate(Ws):
        weights.append(float_array(f"Ws[{k}]", W, shape=("out", values[k].shape[0]), like=X))
        values.append(weights[k] @ values[k])
    delta = values[-1] - float_array("Y", Y, shape=tuple(values[-1].shape), like=X)
    grads: list[Array] = []
    for W, v in zip(reversed(weights), reversed(values[:-1]), strict=True):
        grads.insert(0, delta @ v.T)
        delta = W.T @ delta
    return grads


def gradcheck(
    f: Callable[[Array], object], gradient: Array, x: Array, *, step: float = 6e-6
) -> float:
    """Largest difference between a gradient and central differences, relative to the largest entry.

    About 1e-9 for a right gradient of a smooth function in float64, about 1 for a wrong one.

    Args:
        f: scalar function of one array; it is called 2 x.size times.
        gradient: what is claimed to be the gradient of f at x, of the shape of x.
        x: the point, any shape; computed in float64.
        step: the difference's step, relative to max(1, |x_i|); eps^(1/3) balances truncation
            against rounding.

    Returns:
        max_i |gradient_i - difference_i| / max_i |difference_i| (absolute if the latter is 0).

    Raises:
        ValueError: gradient has another shape than x.

    Source:
        Baydin et al., "Automatic differentiation in machine learning: a survey", JMLR 2018,
        section 2.1. Not for points at a kink of ReLU.
    """
    given = float_array("x", x)
    x = numpy_array("x", given).astype(np.float64)
    gradient = float_array("gradient", numpy_array("gradient", gradient), shape=x.shape, like=x)
    step = real("step", step, low=0, open_low=True)
    # Central differences, a coordinate at a time; each call gets an array of its own.
    difference = np.empty_like(x)
    for i in np.ndindex(x.shape):
        h = step * max(1.0, abs(x[i]))
        plus, minus = x.copy(), x.copy()
        plus[i] += h
        minus[i] -= h
        change = _number(f, plus, given) - _number(f, minus, given)
        difference[i] = change / (plus[i] - minus[i])
    worst = abs(gradient - difference).max(initial=0.0)
    return float(worst / (abs(difference).max(initial=0.0) or 1.0))


def _number(f: Callable[[Array], object], x: Array, like: Array) -> float:
    xp = namespace(like)
    value = f(x if xp is np else xp.tensor(x, device=like.device))
    return real("f(x)", value)
