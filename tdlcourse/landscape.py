"""Loss landscapes: paths between minima, and random landscapes to compare with.

A point of parameter space is an array, a tensor, or a state dict (name -> tensor), as
`torch.nn.Module.state_dict()` returns it. Hessian-vector products and Lanczos are in `curvature`,
Hessians in closed form in `hessian`; their public functions are also found here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tdlcourse._validate import (
    Array,
    Generator,
    check_shape,
    error,
    float_array,
    integer,
    is_tensor,
    numpy_array,
    real,
    standard_normal,
)
from tdlcourse.curvature import Eigenpairs as Eigenpairs
from tdlcourse.curvature import hvp as hvp
from tdlcourse.curvature import lanczos as lanczos
from tdlcourse.curvature import top_eigenvalue as top_eigenvalue
from tdlcourse.hessian import hessian_at_zero as hessian_at_zero
from tdlcourse.hessian import mlp_hessian as mlp_hessian

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point: TypeAlias = Any  # an array, a tensor, or a mapping from names to them


def interpolate(w1: Point, w2: Point, t: float) -> Point:
    """The point (1 - t) w1 + t w2 on the line through two points.

    Args:
        w1: the point at t = 0.
        w2: the point at t = 1, of the same shape or with the same names and shapes.
        t: any real number; beyond [0, 1] it extrapolates.

    Returns:
        A new point of w1's kind. A mapping's integer entries (counters of batch normalisation) are
        copied from w1; running statistics are interpolated like weights, and must be recomputed
        from data. Arrays of integers become float64.

    Raises:
        ValueError: names or shapes differ.

    Source:
        Goodfellow, Vinyals & Saxe, "Qualitatively characterizing neural network optimization
        problems", ICLR 2015, section 3.
    """
    t = real("t", t)
    return _combined((1 - t, t), (w1, w2))


def chain(t: float, w1: Point, w2: Point, theta: Point) -> Point:
    """The point at t on the polygonal chain w1 - theta - w2.

    2 ((1/2 - t) w1 + t theta) for t <= 1/2, then 2 ((t - 1/2) w2 + (1 - t) theta).

    Args:
        t: position in [0, 1]; the bend theta is at 1/2.
        w1: the end at t = 0.
        w2: the end at t = 1, of the same shape or with the same names and shapes.
        theta: the bend, likewise.

    Returns:
        A new point of theta's kind. A mapping's integer entries are copied from theta; running
        statistics of batch normalisation must be recomputed from data.

    Raises:
        ValueError: t leaves [0, 1], or names or shapes differ.

    Source:
        Garipov et al., "Loss surfaces, mode connectivity, and fast ensembling of DNNs", NeurIPS
        2018, section 3.2.
    """
    t = real("t", t, low=0, high=1)
    if t <= 0.5:
        return _combined((2 * t, 1 - 2 * t), (theta, w1))
    return _combined((2 - 2 * t, 2 * t - 1), (theta, w2))


def chain_grad(t: float, grad: Point) -> Point:
    """The gradient in the bend theta of a loss at chain(t, w1, w2, theta).

    By the chain rule the loss's gradient times 2 t for t <= 1/2, times 2 (1 - t) beyond.

    Args:
        t: position in [0, 1].
        grad: the loss's gradient at the chain's point: an array, a tensor, or a mapping to them.

    Returns:
        The gradient, of grad's kind; a mapping's integer entries are copied.

    Raises:
        ValueError: t leaves [0, 1].

    Source:
        Garipov et al. 2018, section 3.1.
    """
    t = real("t", t, low=0, high=1)
    return _combined((2 * min(t, 1 - t),), (grad,))


def goe(n: int, gen: Generator) -> Array:
    """A matrix of the Gaussian orthogonal ensemble whose spectrum fills [-2, 2].

    Symmetric, with independent entries of variance 1 / n beside the diagonal and 2 / n on it. The
    eigenvalues' density tends to the semicircle sqrt(4 - x^2) / (2 pi).

    Args:
        n: size, >= 1.
        gen: draws the entries.

    Returns:
        (n, n) matrix, float64, of gen's library.

    Raises:
        TypeError: n is not an integer, or gen not a generator.
        ValueError: n is below 1.

    Source:
        Anderson, Guionnet & Zeitouni, "An introduction to random matrices", 2010, section 2.5;
        there without the factor 1 / n.
    """
    n = integer("n", n, low=1)
    square = standard_normal(gen, (n, n))
    return (square + square.T) / sqrt(2 * n)


def p_spin_energy(J: Array, sigma: Array) -> Array:
    """The energy N^(-(p-1)/2) sum J_{i1...ip} sigma_i1 ... sigma_ip of the spherical p-spin model.

    The sum is over all p-tuples of indices, in every order and with repetitions. For independent
    standard normal J its variance is N at every point of the sphere.

    Args:
        J: couplings, p axes of length N, p >= 1.
        sigma: (..., N) spins on the sphere |sigma|^2 = N (to 1e-6).

    Returns:
        (...) energies, of J's kind and dtype.

    Raises:
        ValueError: shapes disagree, or sigma is not on the sphere.

    Source:
        Choromanska et al., "The loss surfaces of multilayer networks", AISTATS 2015, section 4.
    """
    J = float_array("J", J)
    if J.ndim == 0 or len(set(J.shape)) != 1:
        raise error("J", "of p >= 1 axes of one length", tuple(J.shape))
    N, p = J.shape[0], J.ndim
    sigma = float_array("sigma", sigma, shape=(..., N), like=J)
    off = abs((sigma**2).sum(-1) / N - 1)
    if bool((off > 1e-6).any()):
        raise error("sigma", f"of squared norm {N}", float((sigma**2).sum(-1)[off > 1e-6][0]))
    energy = sigma @ J.reshape(N, -1)
    for axes in range(p - 1, 0, -1):
        energy = (sigma[..., :, None] * energy.reshape(*sigma.shape, N ** (axes - 1))).sum(-2)
    return energy.reshape(sigma.shape[:-1]) / N ** ((p - 1) / 2)


def p_spin_threshold(p: int) -> float:
    """E_infinity = 2 sqrt((p - 1) / p), a threshold energy per spin of the p-spin model.

    Of the critical points above the energy -N E_infinity most are saddles with many descending
    directions; below it there are only minima and saddles with few.

    Args:
        p: number of interacting spins, >= 2.

    Returns:
        The energy per spin, 1.63299 for p = 3.

    Raises:
        TypeError: p is not an integer.
        ValueError: p is below 2.

    Source:
        Auffinger, Ben Arous & Cerny, "Random matrices and complexity of spin glasses", 2013;
        Choromanska et al. 2015, section 4.
    """
    p = integer("p", p, low=2)
    return 2 * sqrt((p - 1) / p)


def plot_spectrum(
    eigenvalues: Array, *, semicircle: bool = False, bins: int = 60, ax: Axes | None = None
) -> Axes:
    """A histogram of eigenvalues, on matplotlib axes.

    Args:
        eigenvalues: any shape.
        semicircle: also draw the density sqrt(4 - x^2) / (2 pi), the limit for `goe`.
        bins: number of bins.
        ax: axes to draw on; a new figure's without.

    Returns:
        The axes. The scale is logarithmic unless the semicircle is drawn: Hessians of networks have
        most of their eigenvalues near 0.
    """
    from matplotlib import pyplot as plt

    values = numpy_array("eigenvalues", eigenvalues).ravel()
    ax = plt.subplots(layout="constrained")[1] if ax is None else ax
    ax.hist(values, bins=bins, density=semicircle, log=not semicircle, color="tab:blue", alpha=0.7)
    if semicircle:
        x = np.linspace(-2, 2, 401)
        ax.plot(x, np.sqrt(4 - x**2) / (2 * np.pi), color="black", label="semicircle")
        ax.legend()
    ax.set(xlabel="eigenvalue", ylabel="density" if semicircle else "number of eigenvalues")
    ax.set(title=f"spectrum, largest {values.max():.3g}, smallest {values.min():.3g}")
    return ax


def plot_loss_surface(
    f: Callable[[Array], Any],
    w: Array,
    along: tuple[Array, Array],
    *,
    span: float = 1.0,
    points: int = 41,
    ax: Axes | None = None,
) -> Axes:
    """Level lines of a loss on the plane w + a along[0] + b along[1], on matplotlib axes.

    Args:
        f: loss as a function of one array or tensor of w's kind.
        w: the centre, any shape.
        along: two directions of the shape of w.
        span: a and b run from -span to span, positive.
        points: grid points along each of them, >= 2.
        ax: axes to draw on; a new figure's without.

    Returns:
        The axes.

    Source:
        Li et al., "Visualizing the loss landscape of neural nets", NeurIPS 2018, section 4.
    """
    from matplotlib import pyplot as plt

    w, span = float_array("w", w), real("span", span, low=0, open_low=True)
    first, second = (float_array("along", d, shape=tuple(w.shape), like=w) for d in along)
    grid = np.linspace(-span, span, integer("points", points, low=2))
    heights = np.array([[float(f(w + a * first + b * second)) for a in grid] for b in grid])
    ax = plt.subplots(layout="constrained")[1] if ax is None else ax
    filled = ax.contourf(grid, grid, heights, levels=30, cmap="viridis")
    ax.contour(grid, grid, heights, levels=30, colors="white", linewidths=0.3)
    ax.plot(0, 0, "x", color="white")
    ax.figure.colorbar(filled, ax=ax, label="loss")
    ax.set(xlabel="first direction", ylabel="second direction", aspect="equal")
    return ax


def _combined(factors: tuple[float, ...], points: tuple[Point, ...]) -> Point:
    """sum_k factors[k] points[k], of the first point's kind."""
    head = points[0]
    if not isinstance(head, Mapping):
        return _combined_arrays("point", factors, points, keep_integers=False)
    for other in points[1:]:
        if not isinstance(other, Mapping) or set(other) != set(head):
            raise error("points", f"with the names {sorted(head)}", other)
    return {
        name: _combined_arrays(name, factors, [p[name] for p in points], keep_integers=True)
        for name in head
    }


def _combined_arrays(
    name: str, factors: tuple[float, ...], arrays: Any, *, keep_integers: bool
) -> Array:
    head: Array = arrays[0] if is_tensor(arrays[0]) else numpy_array(name, arrays[0])
    floating = head.is_floating_point() if is_tensor(head) else head.dtype.kind == "f"
    if keep_integers and not floating:
        for array in arrays[1:]:
            other = array if is_tensor(array) else numpy_array(name, array)
            check_shape(name, other, tuple(head.shape))
        return head.clone() if is_tensor(head) else head.copy()
    first = float_array(name, head)
    total = factors[0] * first
    for factor, array in zip(factors[1:], arrays[1:], strict=True):
        total = total + factor * float_array(name, array, shape=tuple(first.shape), like=first)
    return total
