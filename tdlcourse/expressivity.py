"""What networks can express: counting bounds, constructions, path sums.

Exact counts of linear regions are in `regions`, ranks of tensor networks in `tensors`; their public
functions are also found here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import comb, prod
from typing import NamedTuple

import numpy as np

from tdlcourse._compiled import Floats
from tdlcourse._validate import Array, error, float_array, integer, namespace, real
from tdlcourse.regions import Regions2D as Regions2D
from tdlcourse.regions import affine_maps as affine_maps
from tdlcourse.regions import breakpoints_1d as breakpoints_1d
from tdlcourse.regions import count_regions_1d as count_regions_1d
from tdlcourse.regions import count_regions_2d as count_regions_2d
from tdlcourse.regions import montufar_network as montufar_network
from tdlcourse.regions import plot_regions as plot_regions
from tdlcourse.regions import regions_2d as regions_2d
from tdlcourse.tensors import convac_tensor as convac_tensor
from tdlcourse.tensors import cp_tensor as cp_tensor
from tdlcourse.tensors import matricisation_rank as matricisation_rank


class Interpolant(NamedTuple):
    """What `relu_interpolant` returns: x -> c + sum_k alpha[k] relu(x - knots[k])."""

    c: float
    alpha: Floats
    knots: Floats


class PathSum(NamedTuple):
    """What `path_sum` returns."""

    y: Array
    n_active: int


def zaslavsky(n: int, d: int) -> int:
    """The greatest number of regions into which n hyperplanes cut R^d: sum_{j<=d} binom(n, j).

    It is attained in general position, and so by almost every layer of n ReLU units.

    Args:
        n: number of hyperplanes, >= 0.
        d: dimension, >= 0.

    Returns:
        The count, an exact integer of any size.

    Raises:
        TypeError: n or d is not an integer.
        ValueError: n or d is negative.

    Source:
        Zaslavsky, "Facing up to arrangements", 1975, theorem B. n = 8, 12 in the plane: 37, 79.
    """
    n, d = integer("n", n, low=0), integer("d", d, low=0)
    return sum(comb(n, j) for j in range(d + 1))


def montufar_lower(n0: int, widths: Sequence[int]) -> int:
    """A number of linear regions that some ReLU network of these widths has.

    prod_{l<L} floor(n_l / n0)^n0 * sum_{j<=n0} binom(n_L, j): a *lower* bound on the maximum.

    Args:
        n0: number of inputs, >= 1.
        widths: widths of the hidden layers; all but the last >= n0, or the bound is 0.

    Returns:
        The bound, an exact integer of any size.

    Raises:
        TypeError: a width is not an integer.
        ValueError: n0 or a width is below 1, or there is no layer.

    Source:
        Montufar et al., "On the number of linear regions of deep neural networks", NIPS 2014,
        section 3. Artieres' slide calls the case of k layers of 2 n0 units the maximum; it is not.
    """
    n0, sizes = _checked_widths(n0, widths)
    folds: int = prod((w // n0) ** n0 for w in sizes[:-1])
    return folds * zaslavsky(sizes[-1], n0)


def pascanu_lower(n0: int, widths: Sequence[int]) -> int:
    """The earlier, weaker bound prod_{l<L} floor(n_l / n0) * sum_{j<=n0} binom(n_L, j).

    Arguments, result and errors as for `montufar_lower`.

    Source:
        Pascanu, Montufar & Bengio, "On the number of response regions of deep feed forward networks
        with piece-wise linear activations", ICLR 2014, theorem 1.
    """
    n0, sizes = _checked_widths(n0, widths)
    return prod(w // n0 for w in sizes[:-1]) * zaslavsky(sizes[-1], n0)


def min_shallow(n0: int, R: int) -> int:
    """The least number of ReLU units with which one hidden layer can have R linear regions.

    Args:
        n0: number of inputs, >= 1.
        R: number of regions, >= 1.

    Returns:
        The least n with zaslavsky(n, n0) >= R.

    Raises:
        TypeError: n0 or R is not an integer.
        ValueError: n0 or R is below 1.

    Source:
        Zaslavsky 1975, inverted. The 9,472 regions that a 2-8-8-8 network can have need 138 units;
        the lecture's "at least 137" is true but not tight, as 137 units have at most 9,454.
    """
    n0, R = integer("n0", n0, low=1), integer("R", R, low=1)
    low, high = -1, 1  # zaslavsky(low) < R <= zaslavsky(high)
    while zaslavsky(high, n0) < R:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if zaslavsky(middle, n0) >= R else (middle, high)
    return high


def relu_interpolant(f: Callable[[float], float], a: float, b: float, N: int) -> Interpolant:
    """The one-hidden-layer ReLU network that interpolates f at N + 1 equidistant points of [a, b].

    Its error is at most h^2 max|f''| / 8 with h = (b - a) / N.

    Args:
        f: function of a number.
        a: left end.
        b: right end, > a.
        N: number of units, >= 1.

    Returns:
        c: f(a).
        alpha: (N,) changes of slope.
        knots: (N,) a, a + h, ..., b - h. The network is c + sum_k alpha[k] relu(x - knots[k]) on
        [a, b].

    Raises:
        TypeError: f returns something else than a number.
        ValueError: b <= a, or N < 1.

    Source:
        Pinkus, "Approximation theory of the MLP model in neural networks", 1999, section 3; the
        bound is that of linear interpolation, de Boor, "A practical guide to splines", chapter III.
    """
    a, N = real("a", a), integer("N", N, low=1)
    b = real("b", b, low=a, open_low=True)
    nodes = np.linspace(a, b, N + 1)
    values = np.array([real("f(x)", f(x)) for x in nodes.tolist()])
    slopes = np.diff(values) / ((b - a) / N)
    return Interpolant(float(values[0]), np.diff(slopes, prepend=0.0), nodes[:-1])


def tent(x: Array, k: int) -> Array:
    """The k-fold composition of the tent map with itself: 2^k linear pieces on [0, 1].

    Args:
        x: any shape, in [0, 1].
        k: number of compositions, >= 0; the identity for 0.

    Returns:
        Array of x's shape, kind and floating dtype, in [0, 1].

    Raises:
        TypeError: k is not an integer.
        ValueError: x leaves [0, 1], or k is negative.

    Source:
        Telgarsky, "Benefits of depth in neural networks", COLT 2016, section 1: each tent is a
        layer of two ReLU units.
    """
    x = _unit_interval(x)
    xp = namespace(x)
    for _ in range(integer("k", k, low=0)):
        x = xp.minimum(2 * x, 2 - 2 * x)
    return x


def square_relu(x: Array, m: int) -> Array:
    """Yarotsky's ReLU network for x^2 on [0, 1], x - sum_{s=1}^m tent_s(x) / 4^s.

    It interpolates x^2 at the multiples of 2^-m; its largest error is exactly 2^(-2m-2).

    Args:
        x: any shape, in [0, 1].
        m: depth, >= 0.

    Returns:
        Array of x's shape, kind and floating dtype.

    Raises:
        TypeError: m is not an integer.
        ValueError: x leaves [0, 1], or m is negative.

    Source:
        Yarotsky, "Error bounds for approximations with deep ReLU networks", 2017, proposition 2.
    """
    x = saw = _unit_interval(x)
    total = x
    for s in range(1, integer("m", m, low=0) + 1):
        saw = tent(saw, 1)
        total = total - 0.25**s * saw  # 4**s overflows
    return total


def path_sum(Ws: Sequence[Array], x: Array) -> PathSum:
    """A bias-free ReLU network's output as a sum over its active paths, and their number.

    y_o = sum over paths (i_0, ..., i_{L-1}, o) of x_{i_0} * (product of the weights on the path),
    over those paths all of whose hidden units are on. The sum is done layer by layer.

    Args:
        Ws: weights, the l-th of shape (out_l, in_l); no ReLU after the last one.
        x: (d,) input.

    Returns:
        y: (o,) outputs, of x's kind, dtype and device.
        n_active: number of active paths; of all paths there are d * (product of the widths) * o.

    Raises:
        ValueError: shapes that do not chain, or there is no layer.

    Source:
        Choromanska et al., "The loss surfaces of multilayer networks", AISTATS 2015,
        section 3.1. In the weights this is a polynomial of degree L, the number of
        weight layers (the lecture says hidden layers: one too few).
    """
    value = float_array("x", x, shape=("d",))
    if len(Ws) == 0:
        raise error("Ws", "a list of at least one matrix", Ws)
    paths = len(value)
    for k, W in enumerate(Ws):
        value = float_array(f"Ws[{k}]", W, shape=("out", len(value)), like=value) @ value
        if k + 1 < len(Ws):
            on = value > 0
            value = value * on
            paths *= int(on.sum())
    return PathSum(value, paths * len(value))


def _checked_widths(n0: int, widths: Sequence[int]) -> tuple[int, list[int]]:
    sizes = [integer(f"widths[{k}]", w, low=1) for k, w in enumerate(widths)]
    if not sizes:
        raise error("widths", "a list of at least one width", widths)
    return integer("n0", n0, low=1), sizes


def _unit_interval(x: Array) -> Array:
    x = float_array("x", x)
    outside = ~((x >= 0) & (x <= 1))
    if bool(outside.any()):
        raise error("x", "in [0, 1]", float(x[outside].reshape(-1)[0]))
    return x
