"""Convolutional arithmetic circuits as tensors: deep (hierarchical), shallow (CP), and their ranks.

A circuit with N inputs, each seen through M features, computes sum over (d_1, ..., d_N) of
T[d_1, ..., d_N] * feature_{d_1}(x_1) ... feature_{d_N}(x_N). How much of the dependence between two
groups of inputs T can hold is the rank of its matricisation along these groups.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from math import prod

from tdlcourse._validate import Array, error, float_array, integer, namespace

_RANK_THRESHOLD = 1e-9  # of the largest singular value
_ROUNDINGS = 10  # units of rounding, times the larger side, that a tensor's own entries may be off


def convac_tensor(
    leaves: Array, mixes: Sequence[Array], perm: Sequence[int] | None = None
) -> Array:
    """The tensor of a deep convolutional arithmetic circuit with pooling windows of two.

    Slot k of the bottom layer has r_0 vectors leaves[k] of length M. Level l pools neighbouring
    slots 2 j and 2 j + 1 of the level below by products, channel by channel, and mixes channels:
    node[j][c] = sum_a mixes[l][j, c, a] node[2 j][a] (x) node[2 j + 1][a]. Nothing is shared
    between slots.

    Args:
        leaves: (N, r_0, M), N a power of 2.
        mixes: one array a level, the l-th (l = 1, ..., log2 N) of shape (N / 2^l, r_l, r_{l-1});
            the last with one node and one channel.
        perm: input perm[k] feeds slot k, so that inputs perm[0] and perm[1] are pooled first: the
            pooling geometry. Slots in the order of inputs without.

    Returns:
        (M, ..., M) tensor with N axes, axis i belonging to input i; of leaves' kind and dtype.

    Raises:
        ValueError: N is not a power of 2, shapes do not chain, or perm is not a permutation.

    Source:
        Cohen, Sharir & Shashua, "On the expressive power of deep learning: a tensor analysis",
        COLT 2016, eq. 6 (HT decomposition); pooling geometry: Cohen & Shashua, "Inductive bias of
        deep convolutional networks through pooling geometry", ICLR 2017.
    """
    leaves = float_array("leaves", leaves, shape=("N", "r_0", "M"))
    N, channels, M = leaves.shape
    order = _checked_order(perm, N)
    if N < 2 or N != 2 ** len(mixes):
        raise error("mixes", f"log2(N) levels, N = {N} a power of 2", len(mixes))
    xp, nodes = namespace(leaves), leaves
    for level, mix in enumerate(mixes):
        count = N >> (level + 1)
        width = "r" if count > 1 else 1
        mix = float_array(f"mixes[{level}]", mix, shape=(count, width, channels), like=leaves)
        left, right = nodes[0::2], nodes[1::2]
        pooled = left[:, :, :, None] * right[:, :, None, :]  # products, channel by channel
        nodes = xp.einsum("jca,jaxy->jcxy", mix, pooled).reshape(count, mix.shape[1], -1)
        channels = mix.shape[1]
    tensor = nodes.reshape((M,) * N)
    return xp.moveaxis(tensor, tuple(range(N)), order)


def cp_tensor(weights: Array, leaves: Array) -> Array:
    """The tensor of a shallow circuit, sum_z weights[z] leaves[0][z] (x) ... (x) leaves[N-1][z].

    Args:
        weights: (Z,).
        leaves: (N, Z, M), N >= 1.

    Returns:
        (M, ..., M) tensor with N axes, of leaves' kind and dtype; its matricisations have rank at
        most Z.

    Raises:
        ValueError: shapes disagree.

    Source:
        Cohen, Sharir & Shashua 2016, eq. 3 (CP decomposition).
    """
    leaves = float_array("leaves", leaves, shape=("N", "Z", "M"))
    N, Z, M = leaves.shape
    weights = float_array("weights", weights, shape=(Z,), like=leaves)
    if N == 0:
        raise error("leaves", "of shape (N, Z, M) with N >= 1", tuple(leaves.shape))
    outer = reduce(lambda t, v: (t[:, :, None] * v[:, None, :]).reshape(Z, -1), leaves)
    return (weights @ outer).reshape((M,) * N)


def matricisation_rank(T: Array, axes: Collection[int]) -> int:
    """The rank of a tensor as a matrix, with `axes` as rows and the others as columns.

    Singular values above max(1e-9, 10 eps max(rows, columns)) times the largest one count, eps that
    of T's dtype: in float64 the 1e-9 but for huge matrices, in float32 what rounding leaves.

    Args:
        T: tensor with any number of axes.
        axes: the rows' axes, all different; none or all of them are allowed.

    Returns:
        The rank; 0 for a tensor of zeros.

    Raises:
        TypeError: an axis is not an integer.
        ValueError: an axis is missing in T or repeated, or a value is not finite.

    Source:
        Hackbusch, "Tensor spaces and numerical tensor calculus", 2012, section 5.2.
    """
    T = float_array("T", T, finite=True)
    rows = [integer("axes", i, low=0, high=T.ndim - 1) for i in axes]
    if len(set(rows)) != len(rows):
        raise error("axes", "all different", rows)
    columns = [i for i in range(T.ndim) if i not in rows]
    xp = namespace(T)
    matrix = xp.moveaxis(T, (*rows, *columns), tuple(range(T.ndim)))
    matrix = matrix.reshape(prod(T.shape[i] for i in rows), -1)
    values = xp.linalg.svdvals(matrix)
    rounding = _ROUNDINGS * max(matrix.shape) * float(xp.finfo(matrix.dtype).eps)
    return int((values > max(_RANK_THRESHOLD, rounding) * values.max()).sum())


def _checked_order(perm: Sequence[int] | None, N: int) -> tuple[int, ...]:
    order = tuple(range(N)) if perm is None else tuple(integer("perm", p) for p in perm)
    if sorted(order) != list(range(N)):
        raise error("perm", f"a permutation of 0, ..., {N - 1}", list(order))
    return order
