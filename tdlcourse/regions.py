"""Activation regions of ReLU networks with one or two inputs, exactly.

An activation region is a maximal open set on which every neuron keeps its sign; such sets are
convex, and the network is affine on each. Unless said otherwise every pair (W, b) is a hidden ReLU
layer: leave an affine readout away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from tdlcourse._compiled import Floats, Ints
from tdlcourse._mlp import checked_layers
from tdlcourse._validate import Array, error, float_array, integer, numpy_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tdlcourse._mesh import Mesh

_ROUNDING = 1e-12
# Corners nearer to a line than this, relatively, lie on it. If a mesh does not pass its checks,
# some corner was just at the limit: another limit will do.
_TOLERANCES = (1e-12, 1e-14, 1e-10)
_FAR = 8  # times its size from the origin, a box is moved there
_NUMPY = np.empty(0)  # what arguments are converted to


@dataclass(frozen=True, slots=True)
class Regions2D:
    """The activation regions in a box, as a mesh of convex polygons.

    Attributes:
        points: (V, 2) corners of regions.
        corners: (C,) rows of points: those of region 0 counterclockwise, then of region 1, ...
        first: (F + 1,) region k has the corners corners[first[k] : first[k + 1]].
        areas: (F,) areas.
        edges: number of different edges.
    """

    points: Floats
    corners: Ints
    first: Ints
    areas: Floats
    edges: int

    def __len__(self) -> int:
        return len(self.areas)

    def polygons(self) -> list[Floats]:
        """The regions' corners, a (k, 2) array each."""
        return np.split(self.points[self.corners], self.first[1:-1])

    def inner_points(self) -> Floats:
        """(F, 2), the mean of each region's corners: a point inside it."""
        sums = np.add.reduceat(self.points[self.corners], self.first[:-1], axis=0)
        return np.asarray(sums / np.diff(self.first)[:, None])


def regions_2d(Ws: Sequence[Array], bs: Sequence[Array], box: Array) -> Regions2D:
    """All activation regions of a ReLU network in a box, by cutting polygons at every kink.

    Exact up to rounding, at about 1e-11 of the box's size wherever the box is: there is no grid for
    a region to be missed by. Before it returns, the function checks that the areas add up to that
    of the box, to 1e-12, and that the mesh obeys Euler's relation V - E + F = 1.

    Args:
        Ws: weights of the hidden layers, the l-th of shape (out_l, in_l), the first (out, 2).
        bs: biases, the l-th of shape (out_l,).
        box: ((x_min, x_max), (y_min, y_max)).

    Returns:
        The regions.

    Raises:
        ValueError: shapes that do not chain, values that are not finite, or an empty box.
        ArithmeticError: a check failed: kinks so close to coinciding that neighbouring regions
            disagree about them in double precision.

    Source:
        Hanin & Rolnick, "Deep ReLU networks have surprisingly few activation patterns", NeurIPS
        2019, section 2, for the notion, and how it differs from linear regions; Berzins,
        "Polyhedral complex extraction from ReLU networks using edge subdivision", ICML 2023, for
        keeping edges in one table.
    """
    from tdlcourse._splitting import split_box  # imports numba, 0.2 s

    weights, biases = checked_layers(Ws, bs, inputs=2, like=_NUMPY, finite=True)
    box = _checked_box("box", box, shape=(2, 2))
    biases, box, centre = _near_origin(weights, biases, box)
    for attempt in _TOLERANCES:
        try:
            regions = _regions(split_box(weights, biases, box, attempt), box)
        except ArithmeticError:
            if attempt == _TOLERANCES[-1]:
                raise
        else:
            break
    return replace(regions, points=regions.points + centre) if centre.any() else regions


def count_regions_2d(Ws: Sequence[Array], bs: Sequence[Array], box: Array) -> int:
    """The number of activation regions of a ReLU network in a box.

    Arguments, errors and source as for `regions_2d`. Neighbouring regions count as two even where
    the network happens to be the same affine map on both (see `affine_maps`).
    """
    return len(regions_2d(Ws, bs, box))


def breakpoints_1d(Ws: Sequence[Array], bs: Sequence[Array], interval: Array) -> Floats:
    """The points of an interval where a neuron of a ReLU network with one input changes sign.

    Between breakpoints of earlier layers a neuron's pre-activation is affine: it is known at all
    breakpoints so far, and where its sign changes the next one is interpolated.

    Args:
        Ws: weights of the hidden layers, the l-th of shape (out_l, in_l), the first (out, 1).
        bs: biases, the l-th of shape (out_l,).
        interval: (low, high).

    Returns:
        Breakpoints strictly between low and high, increasing, float64. Nearer ones than about
        1e-11 (high - low), or than two numbers can be there, are one.

    Raises:
        ValueError: shapes that do not chain, values that are not finite, or an empty interval.

    Source:
        Hanin & Rolnick, as for `regions_2d`.
    """
    from tdlcourse._kinks import with_kinks  # imports numba, 0.2 s

    weights, biases = checked_layers(Ws, bs, inputs=1, like=_NUMPY, finite=True)
    low, high = _checked_box("interval", interval, shape=(2,))
    biases, x, centre = _near_origin(weights, biases, np.array([low, high]))
    values = x[:, None] @ weights[0].T + biases[0]
    behind = np.empty((0, len(weights[-1]))), np.empty(0)
    for W, b in (*zip(weights[1:], biases[1:], strict=True), behind):
        x, values = with_kinks(x, values, W, b)
    if not centre.any():
        return x[1:-1]
    points: Floats = x[1:-1] + centre
    return np.asarray(points[(np.diff(points, prepend=low) > 0) & (points < high)])


def count_regions_1d(Ws: Sequence[Array], bs: Sequence[Array], interval: Array) -> int:
    """The number of activation regions of a ReLU network in an interval.

    Arguments, errors and source as for `breakpoints_1d`.
    """
    return len(breakpoints_1d(Ws, bs, interval)) + 1


def affine_maps(Ws: Sequence[Array], bs: Sequence[Array], X: Array) -> tuple[Floats, Floats]:
    """The affine map that a ReLU network with an affine readout is near each point.

    Args:
        Ws: weights, the l-th of shape (out_l, in_l); here the *last* layer is the readout.
        bs: biases, the l-th of shape (out_l,).
        X: (n, d) points, none of them on a kink.

    Returns:
        A: (n, k, d) and c: (n, k), such that the network is x -> A[i] x + c[i] near X[i].

    Raises:
        ValueError: shapes that do not chain, or values that are not finite.

    Source:
        Montufar et al., "On the number of linear regions of deep neural networks", NIPS 2014,
        section 2. Different regions may share a map, as those do where a layer is off altogether.
    """
    X = float_array("X", X, shape=("n", "d"), like=_NUMPY, finite=True)
    weights, biases = checked_layers(Ws, bs, inputs=X.shape[1], like=_NUMPY, finite=True)
    A, c = np.tile(np.eye(X.shape[1]), (len(X), 1, 1)), np.zeros(X.shape)
    on = np.ones(X.shape, dtype=bool)
    for W, b in zip(weights, biases, strict=True):
        A, c = W @ (A * on[:, :, None]), (c * on) @ W.T + b
        on = np.einsum("nij,nj->ni", A, X) + c > 0
    return A, c


def montufar_network(widths: Sequence[int]) -> tuple[list[Floats], list[Floats]]:
    """A network with two inputs that has `montufar_lower(2, widths)` regions in the unit square.

    Every layer but the last folds the square onto itself, floor(width / 2) times in each
    coordinate; the last cuts it along tangents of a circle, any two of which meet in the square.

    Args:
        widths: widths of the hidden layers; all but the last >= 2.

    Returns:
        Weights and biases of the hidden layers, float64.

    Raises:
        TypeError: a width is not an integer.
        ValueError: a width is too small, or there is no layer.

    Source:
        Montufar et al. 2014, section 3. (4, 4) has the lecture's 44 regions, (4, 4, 4) its 176.
    """
    sizes = [
        integer(f"widths[{k}]", w, low=2 if k + 1 < len(widths) else 1)
        for k, w in enumerate(widths)
    ]
    if not sizes:
        raise error("widths", "a list of at least one width", widths)
    Ws, bs, unfold = [], [], np.eye(2)
    for width in sizes[:-1]:
        fold, bias, unfold_next = _fold(width)
        Ws.append(fold @ unfold)
        bs.append(bias)
        unfold = unfold_next
    n = sizes[-1]
    angles = [pi * (k + 1 / 3) / n for k in range(n)]  # none along an axis
    normals = np.array([[cos(a), sin(a)] for a in angles])
    radius = 0.45 * sin(pi / (2 * n))  # the last two tangents meet at 0.45 from the centre
    return [*Ws, normals @ unfold], [*bs, -normals @ np.array([0.5, 0.5]) - radius]


def plot_regions(
    regions: Regions2D, *, values: Array | None = None, ax: Axes | None = None
) -> Axes:
    """A map of the regions, on matplotlib axes.

    Args:
        regions: what `regions_2d` returned.
        values: (F,) a number for each region, to colour it by; the logarithm of its area without.
        ax: axes to draw on; a new figure's without.

    Returns:
        The axes.
    """
    from matplotlib import pyplot as plt
    from matplotlib.collections import PolyCollection

    shown = np.log10(regions.areas.clip(1e-12)) if values is None else numpy_array("values", values)
    ax = plt.subplots(layout="constrained")[1] if ax is None else ax
    cells = PolyCollection(regions.polygons(), array=shown, edgecolor="black", linewidth=0.3)
    ax.add_collection(cells)
    ax.figure.colorbar(cells, ax=ax, label=r"$\log_{10}$ area" if values is None else "value")
    low, high = regions.points.min(axis=0), regions.points.max(axis=0)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="$x_1$", ylabel="$x_2$")
    ax.set(title=f"{len(regions)} activation regions", aspect="equal")
    return ax


def _fold(width: int) -> tuple[Floats, Floats, Floats]:
    """A layer after which `unfold` @ values is the input, each coordinate folded p times.

    With p units a coordinate x becomes relu(p x) - relu(2 p x - 2) + relu(2 p x - 4) - ...
    """
    p = width // 2
    W, b, unfold = np.zeros((width, 2)), -np.ones(width), np.zeros((2, width))
    for axis in range(2):
        units = slice(axis * p, (axis + 1) * p)
        W[units, axis], b[units] = 2 * p, -2 * np.arange(p)
        W[axis * p, axis] = p
        unfold[axis, units] = (-1) ** np.arange(p)
    return W, b, unfold  # units left over have weight 0 and bias -1: never on


def _near_origin(
    weights: list[Floats], biases: list[Floats], box: Floats
) -> tuple[list[Floats], Floats, Floats]:
    """Biases, box and centre in coordinates from the box's centre, if it is far from the origin.

    Tolerances are relative to coordinates, and so is rounding.
    """
    centre = box.mean(axis=-1)
    if (abs(centre) <= _FAR * np.diff(box)[..., 0]).all():
        return biases, box, 0 * centre
    precise = weights[0].astype(np.longdouble) * centre  # what cancels is almost everything
    first = (biases[0] + precise.sum(axis=1)).astype(np.float64)
    return [first, *biases[1:]], box - centre[..., None], centre


def _checked_box(name: str, value: Array, shape: tuple[int, ...]) -> Floats:
    box: Floats = float_array(name, value, shape=shape, like=_NUMPY, finite=True)
    if not (box[..., 0] < box[..., 1]).all():
        raise error(name, "of low ends below high ends", box.tolist())
    return box


def _areas(points: Floats, corners: Ints, first: Ints) -> Floats:
    """By the shoelace formula."""
    following = np.arange(1, len(corners) + 1)
    following[first[1:] - 1] = first[:-1]
    x, y = points[:, 0][corners], points[:, 1][corners]
    return np.asarray(np.add.reduceat(x * y[following] - x[following] * y, first[:-1]) / 2)


def _regions(mesh: Mesh, box: Floats) -> Regions2D:
    """The faces of a mesh that has passed the checks."""
    areas = _areas(mesh.points - box.mean(axis=1), mesh.corners, mesh.first)
    edges = int(np.count_nonzero(np.bincount(mesh.sides)))
    whole = np.prod(box[:, 1] - box[:, 0])
    gap = abs(areas.sum() - whole) / whole
    euler = len(mesh.points) - edges + len(areas)
    if gap > _ROUNDING or euler != 1:
        raise ArithmeticError(
            f"the regions do not tile the box: areas off by {gap:.1e}, V - E + F = {euler}"
        )
    return Regions2D(mesh.points, mesh.corners, mesh.first, areas, edges)
