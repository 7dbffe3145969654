"""Signal propagation in wide random networks: variances, correlations, and the critical line.

A layer of width N computes u = W act(u_previous) + b with independent W_ij ~ N(0, sw2 / N) and
b_i ~ N(0, sb2). As N grows, the pre-activations of one input become Gaussian with variance q, and
those of two inputs become jointly Gaussian with correlation c. Everything here is about the maps
q -> q and c -> c from one layer to the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tdlcourse._validate import Array, choice, error, float_array, numpy_array, real

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class _Moments(NamedTuple):
    """Gaussian expectations of an activation; u and v have variance q and correlation c."""

    square: Callable[[float], float]  # q -> E act(u)^2
    slope: Callable[[float], float]  # q -> E act'(u)^2
    product: Callable[[float, float], float]  # q, c -> E act(u) act(v)
    linear: bool = False  # square is proportional to q


def variance_map(q: float, sw2: float, sb2: float, act: str = "tanh") -> float:
    """The next layer's pre-activation variance, sw2 E[act(sqrt(q) z)^2] + sb2.

    Args:
        q: this layer's pre-activation variance, >= 0.
        sw2: weight variance times width, >= 0.
        sb2: bias variance, >= 0.
        act: "tanh", "erf", "relu" or "identity".

    Returns:
        The variance.

    Raises:
        ValueError: a variance is negative, or for tanh above 1e10, or the activation is unknown.

    Source:
        Poole et al., "Exponential expressivity in deep neural networks through transient chaos",
        NIPS 2016, section 2.1.
    """
    q, (sw2, sb2, moments) = real("q", q, low=0), _checked(sw2, sb2, act)
    return sw2 * moments.square(q) + sb2


def q_star(sw2: float, sb2: float, act: str = "tanh") -> float:
    """The variance that pre-activations approach with depth: the limit of `variance_map` from 1.

    Args:
        sw2: weight variance times width, >= 0.
        sb2: bias variance, >= 0.
        act: "tanh", "erf", "relu" or "identity".

    Returns:
        The fixed point q*; 0.0 if the signal dies out, math.inf if it grows without bound (only
        unbounded activations). For ReLU at (2, 0) every variance is a fixed point; the result is 1.

    Raises:
        ValueError: a variance is negative, or for tanh above 1e10, or the activation is unknown.

    Source:
        Poole et al. 2016, section 2.1.
    """
    sw2, sb2, moments = _checked(sw2, sb2, act)
    if moments.linear:
        gain = sw2 * moments.slope(0.0)
        if gain < 1:
            return sb2 / (1 - gain)
        return 1.0 if gain == 1 and sb2 == 0 else math.inf
    gain = sw2 * moments.slope(0.0)
    if sb2 == 0 and gain <= 1 + 1e-8:
        # For tanh and erf the map is gain (q - 2 q^2 + ...): nearer to the transition the series
        # is better than a root, whose relative error is eps / (gain - 1).
        return max(0.0, 1 - 1 / gain) / 2 if gain > 0 else 0.0
    # The map is concave and |act| <= 1: it crosses the diagonal once, below sw2 + sb2.
    high = sw2 + sb2
    low = 0.0 if sb2 > 0 else high / 2
    while sb2 == 0 and sw2 * moments.square(low) <= low:
        low /= 2
    return _root(lambda q: sw2 * moments.square(q) + sb2 - q, low, high)


def chi1(sw2: float, sb2: float, act: str = "tanh") -> float:
    """The slope of the correlation map at c = 1, sw2 E[act'(sqrt(q*) z)^2].

    It is also the factor by which a squared gradient grows from layer to layer backwards: below 1
    gradients vanish and inputs merge, above 1 gradients explode and inputs separate.

    Args:
        sw2: weight variance times width, >= 0.
        sb2: bias variance, >= 0.
        act: "tanh", "erf", "relu" or "identity".

    Returns:
        The slope, >= 0.

    Raises:
        ValueError: a variance is negative, or for tanh above 1e10, or the activation is unknown.

    Source:
        Poole et al. 2016, section 2.2; Schoenholz et al., "Deep information propagation", ICLR
        2017, for the gradients.
    """
    sw2, _, moments = _checked(sw2, sb2, act)
    return sw2 * moments.slope(q_star(sw2, sb2, act))


def corr_map(c: Array, sw2: float, sb2: float, act: str = "tanh") -> Array:
    """The next layer's correlation of two inputs whose pre-activations have variance q*.

    Args:
        c: this layer's correlations, any shape, in [-1, 1].
        sw2: weight variance times width, >= 0.
        sb2: bias variance, >= 0.
        act: "tanh", "erf", "relu" or "identity".

    Returns:
        Correlations of c's shape and kind.

    Raises:
        ValueError: c out of range, or no fixed point with 0 < q* < inf (for tanh up to 1e10).

    Source:
        Poole et al. 2016, section 2.2. For ReLU at (2, 0) it is the arc-cosine kernel of degree 1
        of Cho & Saul, "Kernel methods for deep learning", NIPS 2009.
    """
    given = float_array("c", c, finite=True)
    values = numpy_array("c", given)
    if (abs(values) > 1).any():
        raise error("c", "in [-1, 1]", float(values[abs(values) > 1][0]))
    sw2, sb2, moments = _checked(sw2, sb2, act)
    q = q_star(sw2, sb2, act)
    if not 0 < q < math.inf:
        raise error("(sw2, sb2)", "a point with 0 < q* < inf", (sw2, sb2))
    mapped = np.array([(sw2 * moments.product(q, float(t)) + sb2) / q for t in values.flat])
    mapped = mapped.clip(-1, 1)  # rounding must not carry an iteration out of the domain
    return float_array("c", mapped.reshape(values.shape), like=given)


def critical_sigma_w2(sb2: float, act: str = "tanh") -> float:
    """The sw2 on the edge of chaos, where chi1 = 1, at the given bias variance.

    Args:
        sb2: bias variance, >= 0.
        act: "tanh", "erf", "relu" or "identity".

    Returns:
        The critical weight variance times width.

    Raises:
        ValueError: sb2 is negative, or positive for ReLU and identity: their only critical points
            with a finite variance are (2, 0) and (1, 0).

    Source:
        Poole et al. 2016, figure 1; Schoenholz et al. 2017.
    """
    _, sb2, moments = _checked(0.0, sb2, act)
    if sb2 == 0:
        return 1 / moments.slope(0.0)
    if moments.linear:
        raise error("sb2", f"0 for {act}", sb2)

    # On the critical line sw2 = 1 / E act'^2, so that q* = q determines sb2: no nested search.
    def excess(q: float) -> float:
        return q - moments.square(q) / moments.slope(q) - sb2

    high = 1.0
    while excess(high) < 0:
        high *= 2
    return 1 / moments.slope(_root(excess, 0.0, high))


def plot_phase_diagram(
    act: str = "tanh", *, sw2_max: float = 4.0, sb2_max: float = 1.0, ax: Axes | None = None
) -> Axes:
    """A map of log chi1 over (sw2, sb2) with the critical line, on matplotlib axes.

    Args:
        act: "tanh" or "erf".
        sw2_max: right end of the weight variance axis, positive.
        sb2_max: upper end of the bias variance axis, positive.
        ax: axes to draw on; a new figure's without.

    Returns:
        The axes.
    """
    from matplotlib import pyplot as plt

    choice("act", act, ("tanh", "erf"))
    ax = plt.subplots(layout="constrained")[1] if ax is None else ax
    sw2 = np.linspace(0, sw2_max, 81)[1:]
    sb2 = np.linspace(0, sb2_max, 41)
    chi = np.array([[chi1(w, b, act) for w in sw2] for b in sb2])
    mesh = ax.pcolormesh(sw2, sb2, np.log(chi), cmap="RdBu_r", vmin=-1, vmax=1)
    sb2 = sb2_max * np.linspace(0, 1, 81) ** 3  # the line starts flat, like sb2^(1/3)
    line = [critical_sigma_w2(b, act) for b in sb2]
    ax.plot(line, sb2, color="black", label=r"critical line, $\chi_1 = 1$")
    ax.set(xlabel=r"$\sigma_w^2$", ylabel=r"$\sigma_b^2$", title=f"{act}: order and chaos")
    ax.set(xlim=(sw2[0], sw2_max), ylim=(0, sb2_max))
    ax.legend(loc="upper left")
    label = r"$\log \chi_1$ (gradients: < 0 vanish, > 0 explode)"
    ax.figure.colorbar(mesh, ax=ax, label=label, extend="both")
    return ax


# ---------------------------------------------------------------------------------- expectations


_LARGEST_TANH_VARIANCE = 1e10  # the grid has 72 sqrt(q) nodes
_BLOCK = 2**22  # entries of the two-dimensional grid that are held at once


def _grid(q: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for E f(sqrt(q) z): the trapezoidal rule, whose error for an f that is
    analytic in a strip of half-width a around the line is exp(-2 pi a / (sqrt(q) step)).
    For tanh a = pi / 2, so that the step below makes it 1e-17."""
    if q > _LARGEST_TANH_VARIANCE:
        raise error("the variance", f"at most {_LARGEST_TANH_VARIANCE:g} for tanh", q)
    step = 0.25 / math.sqrt(max(q, 1.0))
    half = math.ceil(9 / step)  # beyond 9 standard deviations the density is below 1e-18
    z = step * np.arange(-half, half + 1)
    return z, step / math.sqrt(2 * math.pi) * np.exp(-(z**2) / 2)


def _tanh_square(q: float) -> float:
    z, weight = _grid(q)
    return float(weight @ np.tanh(math.sqrt(q) * z) ** 2)


def _tanh_slope(q: float) -> float:
    z, weight = _grid(q)
    return float(weight @ (1 - np.tanh(math.sqrt(q) * z) ** 2) ** 2)


def _tanh_product(q: float, c: float) -> float:
    z, weight = _grid(q)
    u = math.sqrt(q) * z
    across, rows = math.sqrt(1 - c * c) * u, max(1, _BLOCK // len(u))
    parts = [u[k : k + rows] for k in range(0, len(u), rows)]
    inner = np.concatenate([np.tanh(c * part[:, None] + across) @ weight for part in parts])
    return float((weight * np.tanh(u)) @ inner)


def _relu_product(q: float, c: float) -> float:
    return q * (c * (math.pi - math.acos(c)) + math.sqrt(1 - c * c)) / (2 * math.pi)


def _erf_product(q: float, c: float) -> float:  # Williams, "Computing with infinite networks", 1997
    return 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q))


_ACTIVATIONS = {
    "tanh": _Moments(_tanh_square, _tanh_slope, _tanh_product),
    "erf": _Moments(
        lambda q: _erf_product(q, 1.0),
        lambda q: 4 / (math.pi * math.sqrt(1 + 4 * q)),
        _erf_product,
    ),
    "relu": _Moments(lambda q: q / 2, lambda q: 0.5, _relu_product, linear=True),
    "identity": _Moments(lambda q: q, lambda q: 1.0, lambda q, c: q * c, linear=True),
}


def _checked(sw2: float, sb2: float, act: str) -> tuple[float, float, _Moments]:
    moments = _ACTIVATIONS[choice("act", act, _ACTIVATIONS)]
    return real("sw2", sw2, low=0), real("sb2", sb2, low=0), moments


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(f, low, high, xtol=1e-300, rtol=1e-15, maxiter=1000))
