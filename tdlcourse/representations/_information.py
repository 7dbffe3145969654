"""Mutual information of a layer with the label, estimated by binning."""

from __future__ import annotations

import numpy as np

from tdlcourse._validate import Array, error, float_array, int_array, integer, numpy_array


def binned_mi(T: Array, Y: Array, bins: int, *, limits: tuple[float, float] | None = None) -> float:
    """Mutual information in bits of a binned layer and the label, on the empirical distribution.

    Args:
        T: (n, h) activations of h units for n inputs.
        Y: (n,) int labels.
        bins: number of equal bins, the same for all units and inputs, >= 1.
        limits: outer edges of the bins, values beyond fall into the outermost; None for the
            smallest and the largest activation.

    Returns:
        I(bin(T); Y) in [0, H(Y)]. It is the information of a rounded layer: without rounding, a
        deterministic network of a continuous input X has infinite I(X; T). With few inputs in a
        cell the estimate is biased upwards; when all rows differ it is H(Y).

    Raises:
        ValueError, TypeError: shapes, types or ranges are wrong.

    Source:
        Shwartz-Ziv & Tishby 2017 (30 bins on [-1, 1] for tanh); Saxe et al. 2018 on what it means.
    """
    layer = numpy_array("T", float_array("T", T, shape=("n", "h"), finite=True))
    labels = numpy_array("Y", int_array("Y", Y, shape=(layer.shape[0],)))
    bins = integer("bins", bins, low=1)
    if not layer.size:
        raise error("T", "not empty", layer.shape)
    low, high = (layer.min(), layer.max()) if limits is None else _checked_limits(limits)
    edges = np.linspace(low, high, bins + 1)[1:-1]
    cells = np.searchsorted(edges, layer, side="right")
    joint = np.column_stack([cells, labels])
    most = _entropy(labels[:, None])
    information = _entropy(cells) + most - _entropy(joint)
    return min(max(information, 0.0), most)  # rounding leaves the interval


def _checked_limits(limits: tuple[float, float]) -> tuple[float, float]:
    ends = numpy_array("limits", limits)
    if ends.shape != (2,) or not ends[0] < ends[1] or not np.isfinite(ends).all():
        raise error("limits", "two increasing numbers", limits)
    return float(ends[0]), float(ends[1])


def _entropy(rows: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> float:
    """Entropy in bits of the empirical distribution of the rows; rows are compared, not hashed."""
    p = np.unique(rows, axis=0, return_counts=True)[1] / len(rows)
    return float(-(p * np.log2(p)).sum())
