"""Initial weights: LeCun, Xavier, He, orthogonal, and layer-sequential unit variance.

A weight matrix W is (fan_out, fan_in) and acts as W x. With independent entries of variance s^2,
signals keep their variance forward if s^2 = 1 / fan_in, and gradients backward if
s^2 = 1 / fan_out; ReLU halves the second moment, so it needs twice that.

The generator decides what comes back: numpy's gives arrays, torch's gives tensors on its device;
float64 either way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tdlcourse._validate import (
    Array,
    Generator,
    choice,
    error,
    float_array,
    integer,
    namespace,
    standard_normal,
    standard_uniform,
)


def lecun(fan_in: int, fan_out: int, gen: Generator, law: str = "normal") -> Array:
    """Weights of variance 1 / fan_in: signals keep their variance through linear layers.

    Args:
        fan_in, fan_out: sizes of the layer's input and output, >= 1.
        gen: numpy or torch generator.
        law: "normal", "uniform" or "truncated" (normal, cut at two of its standard deviations).

    Returns:
        (fan_out, fan_in) independent weights, mean 0.

    Raises:
        ValueError: sizes below 1, or another law.

    Source:
        LeCun et al., "Efficient backprop", 1998, section 4.6. The Artieres deck calls this Xavier
        and gives the *standard deviation* as 1 / fan_in; it is the variance.
    """
    return _weights(fan_in, fan_out, 1 / integer("fan_in", fan_in, low=1), gen, law)


def xavier(fan_in: int, fan_out: int, gen: Generator, law: str = "normal") -> Array:
    """Weights of variance 2 / (fan_in + fan_out): a compromise between forward and backward.

    Arguments, result and errors as for `lecun`; "uniform" is on +-sqrt(6 / (fan_in + fan_out)).

    Source:
        Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
        networks", AISTATS 2010, eqs. 12 and 16.
    """
    total = integer("fan_in", fan_in, low=1) + integer("fan_out", fan_out, low=1)
    return _weights(fan_in, fan_out, 2 / total, gen, law)


def he(fan_in: int, fan_out: int, gen: Generator, law: str = "normal") -> Array:
    """Weights of variance 2 / fan_in: ReLU layers keep the second moment of their inputs.

    Arguments, result and errors as for `lecun`.

    Source:
        He et al., "Delving deep into rectifiers", ICCV 2015, eq. 10.
    """
    return _weights(fan_in, fan_out, 2 / integer("fan_in", fan_in, low=1), gen, law)


def orthogonal(fan_in: int, fan_out: int, gen: Generator) -> Array:
    """A uniformly random matrix with orthonormal rows or columns, whichever are fewer.

    Args:
        fan_in, fan_out: sizes of the layer's input and output, >= 1.
        gen: numpy or torch generator.

    Returns:
        (fan_out, fan_in) weights, all singular values 1, of Haar distribution.

    Raises:
        ValueError: sizes below 1.

    Source:
        Saxe, McClelland & Ganguli, ICLR 2014, section 4; Mezzadri, "How to generate random
        matrices from the classical compact groups", 2007, for the signs.
    """
    fan_in, fan_out = integer("fan_in", fan_in, low=1), integer("fan_out", fan_out, low=1)
    tall = standard_normal(gen, (max(fan_in, fan_out), min(fan_in, fan_out)))
    xp = namespace(tall)
    Q, R = xp.linalg.qr(tall)
    Q = Q * xp.sign(xp.diagonal(R))  # without this the signs would depend on LAPACK's convention
    return Q if fan_out >= fan_in else Q.T


def lsuv(widths: Sequence[int], X: Array, gen: Generator, act: str = "relu") -> list[Array]:
    """Orthogonal weights, scaled layer by layer so that each output on X has variance 1.

    The outputs are those before the activation; their variance is over the whole batch and all
    units, and since a layer without bias is linear in its weights, one division makes it exact.

    Args:
        widths: (input, hidden..., output) sizes.
        X: (n, widths[0]) inputs, representative of the data.
        gen: numpy or torch generator.
        act: "identity", "tanh" or "relu", between the layers.

    Returns:
        Weights, each (out, in), of X's kind, dtype and device.

    Raises:
        ValueError: wrong shapes, an unknown activation, or outputs of a layer all equal.

    Source:
        Mishkin & Matas, "All you need is a good init", ICLR 2016, algorithm 1, which iterates to
        a tolerance because it sees another mini-batch each time.
    """
    choice("act", act, _ACTIVATIONS)
    if len(widths) < 2:
        raise error("widths", "at least two sizes, input first", widths)
    v = float_array("X", X, shape=("n", integer("widths[0]", widths[0], low=1)), finite=True)
    Ws: list[Array] = []
    for k, (fan_in, fan_out) in enumerate(zip(widths, widths[1:], strict=False)):
        W = float_array("W", orthogonal(fan_in, fan_out, gen), like=v)
        u = v @ W.T
        std = ((u - u.mean()) ** 2).mean() ** 0.5
        if not std > 8 * namespace(u).finfo(u.dtype).eps * abs(u).max():  # more than rounding
            raise error("X", f"inputs that tell the outputs of layer {k} apart", X)
        Ws.append(W / std)
        v = _ACTIVATIONS[act](v @ Ws[k].T)
    return Ws


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda u: u,
    "tanh": lambda u: namespace(u).tanh(u),
    "relu": lambda u: u.clip(0),
}


def _weights(fan_in: int, fan_out: int, variance: float, gen: Generator, law: str) -> Array:
    shape = (integer("fan_out", fan_out, low=1), integer("fan_in", fan_in, low=1))
    return math.sqrt(variance) * _STANDARD[choice("law", law, _STANDARD)](gen, shape)


def _uniform(gen: Generator, shape: tuple[int, ...]) -> Array:
    return math.sqrt(3) * (2 * standard_uniform(gen, shape) - 1)  # variance of U(-a, a): a^2 / 3


def _truncated(gen: Generator, shape: tuple[int, ...], cut: float = 2.0) -> Array:
    """Standard normal, redrawn until |z| <= cut, and scaled back to variance 1."""
    z = standard_normal(gen, shape)
    while bool((abs(z) > cut).any()):
        z = namespace(z).where(abs(z) > cut, standard_normal(gen, shape), z)
    density = math.exp(-(cut**2) / 2) / math.sqrt(2 * math.pi)
    return z / math.sqrt(1 - 2 * cut * density / math.erf(cut / math.sqrt(2)))


_STANDARD: dict[str, Callable[[Generator, tuple[int, ...]], Array]] = {
    "normal": standard_normal,
    "uniform": _uniform,
    "truncated": _truncated,
}
