"""Exact activation regions of a 2-64-64-64 and breakpoints of a 1-128-128-128-128 network."""

from __future__ import annotations

import math

import numpy as np

from tdlcourse.regions import Regions2D, breakpoints_1d, regions_2d
from theory_cases import Case

_BOX = ((-1.0, 1.0), (-1.0, 1.0))
_SIDE = 1024  # of the grid in the plane
_LINE = 100_000  # points of the grid on the line


def _random_network(inputs: int, widths: list[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(1)
    sizes = [inputs, *widths]
    Ws = [
        rng.normal(size=(o, i)) * math.sqrt(2 / i)
        for i, o in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    return Ws, [rng.normal(size=w) / 2 for w in widths]


_PLANE = _random_network(2, [64, 64, 64])
_LINEAR = _random_network(1, [128, 128, 128, 128])


def _patterns(network: tuple[list[np.ndarray], list[np.ndarray]], X: np.ndarray) -> np.ndarray:
    """Which neurons are on at each point."""
    rows, values = [], X
    for W, b in zip(*network, strict=True):
        values = values @ W.T + b
        rows.append(values > 0)
        values = np.maximum(values, 0)
    return np.concatenate(rows, axis=1)


def _grid() -> np.ndarray:
    line = np.linspace(-1, 1, _SIDE)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def _grid_count() -> int:
    return len(np.unique(_patterns(_PLANE, _grid()), axis=0))


def _packed(patterns: np.ndarray) -> np.ndarray:
    bits = np.packbits(patterns, axis=1)
    return np.unique(bits.view(f"V{bits.shape[1]}"))


def _packed_grid_count() -> int:
    return len(_packed(_patterns(_PLANE, _grid())))


def _plane_error(result: object) -> float:
    """Error of the total area; infinite if a region has no pattern of its own or one is missing."""
    assert isinstance(result, Regions2D)
    own = _packed(_patterns(_PLANE, result.inner_points()))
    if len(own) != len(result) or not np.isin(_packed(_patterns(_PLANE, _grid())), own).all():
        return math.inf
    if len(result.points) - result.edges + len(result) != 1:
        return math.inf
    return float(abs(result.areas.sum() / 4 - 1))


def _line_count() -> int:
    patterns = _patterns(_LINEAR, np.linspace(-1, 1, _LINE)[:, None])
    return 1 + np.count_nonzero((patterns[1:] != patterns[:-1]).any(axis=1))


def _line_error(result: object) -> float:
    """What the neuron nearest to 0 is worth at a breakpoint; infinite if a region is missing."""
    assert isinstance(result, np.ndarray)
    ends = np.concatenate([[-1.0], result, [1.0]])
    own = _packed(_patterns(_LINEAR, (ends[:-1, None] + ends[1:, None]) / 2))
    seen = _packed(_patterns(_LINEAR, np.linspace(-1, 1, _LINE)[:, None]))
    if len(own) != len(result) + 1 or not np.isin(seen, own).all():
        return math.inf
    values, least = result[:, None], np.full(len(result), np.inf)
    for W, b in zip(*_LINEAR, strict=True):
        values = values @ W.T + b
        least = np.minimum(least, abs(values).min(axis=1))
        values = np.maximum(values, 0)
    return float(least.max())


CASES = [
    Case(
        name="regions2d",
        title="all activation regions of a 2-64-64-64 network (naive: a 1024 x 1024 grid)",
        naive=_grid_count,
        ours=lambda: regions_2d(*_PLANE, _BOX),
        best={"grid with packed bits": _packed_grid_count},
        target=850,
        error=_plane_error,
        bound=1e-12,
    ),
    Case(
        name="regions1d",
        title="all breakpoints of a 1-128-128-128-128 network (naive: a grid of 1e5 points)",
        naive=_line_count,
        ours=lambda: breakpoints_1d(*_LINEAR, (-1, 1)),
        target=900,
        error=_line_error,
        bound=1e-12,
    ),
]
