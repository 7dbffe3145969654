"""Multilayer networks given by lists of weights and biases: their check, and their activations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tdlcourse._validate import Array, choice, error, float_array, is_tensor, namespace


class Activation(NamedTuple):
    """An activation and two derivatives; the derivatives are written in the value v = act(u)."""

    value: Callable[[Array], Array]  # may write into its argument
    slope: Callable[[Array], Array]  # ReLU'(0) = 0
    curvature: Callable[[Array], Array]


def _sigmoid(u: Array) -> Array:  # as (1 + tanh(u / 2)) / 2: exp(-u) could overflow
    u *= 0.5
    u = namespace(u).tanh(u, out=u)
    u += 1
    u *= 0.5
    return u


ACTIVATIONS = {
    "relu": Activation(
        lambda u: namespace(u).clip(u, 0, None, out=u), lambda v: v > 0, lambda v: 0 * v
    ),
    "tanh": Activation(
        lambda u: namespace(u).tanh(u, out=u), lambda v: 1 - v**2, lambda v: -2 * v * (1 - v**2)
    ),
    "sigmoid": Activation(_sigmoid, lambda v: v * (1 - v), lambda v: v * (1 - v) * (1 - 2 * v)),
    "identity": Activation(lambda u: u, lambda v: 0 * v + 1, lambda v: 0 * v),
}


def activation(name: str) -> Activation:
    """The activation called "relu", "tanh", "sigmoid" or "identity"."""
    return ACTIVATIONS[choice("act", name, ACTIVATIONS)]


def checked_layers(
    Ws: Sequence[Array], bs: Sequence[Array], *, inputs: int, like: Array, finite: bool = False
) -> tuple[list[Array], list[Array]]:
    """Weights (out_l, in_l) and biases (out_l,) that chain from `inputs` on, of the kind of `like`.

    They are constants: without the history that tensors may have.

    Raises:
        ValueError: the lists are empty or of different lengths, shapes do not chain, or `finite` is
            asked for and a value is not.
    """
    if len(Ws) == 0 or len(bs) != len(Ws):
        raise error("Ws and bs", "lists of the same length >= 1", (len(Ws), len(bs)))
    weights, biases, width = [], [], inputs
    for k, (W, b) in enumerate(zip(Ws, bs, strict=True)):
        shape = ("out", width)
        weights.append(constant(float_array(f"Ws[{k}]", W, shape=shape, like=like, finite=finite)))
        width = len(weights[-1])
        b = float_array(f"bs[{k}]", b, shape=(width,), like=like, finite=finite)
        biases.append(constant(b))
    return weights, biases


def constant(array: Array) -> Array:
    """The array without its autograd history."""
    return array.detach() if is_tensor(array) else array
