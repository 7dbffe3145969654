"""Compressed layers: tensor trains for dense weights, Tucker-2 for convolutions."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence

from tdlcourse._validate import (
    Array,
    error,
    float_array,
    integer,
    namespace,
    real,
)


def tt_svd(
    A: Array, ranks: int | Sequence[int] | None = None, *, tol: float | None = None
) -> list[Array]:
    """Tensor-train cores of A by successive truncated SVDs.

    A[i_1, ..., i_d] = G_1[i_1] ... G_d[i_d], a product of matrices G_k[i_k] = cores[k][:, i_k, :].

    Args:
        A: (n_1, ..., n_d) tensor, d >= 1.
        ranks: the d - 1 ranks, or one bound for all; None for no bound.
        tol: relative error allowed in the Frobenius norm; each of the d - 1 truncations may spend
            tol ||A|| / sqrt(d - 1) of it. None for no truncation but by ranks.

    Returns:
        d cores (r_{k-1}, n_k, r_k), r_0 = r_d = 1, ranks as small as the bounds and tol allow. The
        squared error is at most the sum over k of the squared singular values that the unfolding
        (n_1 ... n_k) x (n_{k+1} ... n_d) has beyond r_k.

    Raises:
        ValueError: A has no axis, the number of ranks is wrong, or a range is.

    Source:
        Oseledets, "Tensor-train decomposition", 2011, algorithm 1 and theorem 2.2.
    """
    A = float_array("A", A, finite=True)
    shape, d, xp = tuple(A.shape), A.ndim, namespace(A)
    if d < 1 or 0 in shape:
        raise error("A", "a tensor with at least one axis, none of length 0", shape)
    bounds = _rank_bounds(ranks, d - 1)
    largest = float(abs(A).max())
    norm = largest * float(xp.linalg.vector_norm(A / (largest or 1.0)))  # squares may underflow
    share = 0.0 if tol is None else real("tol", tol, low=0) * norm / math.sqrt(max(d - 1, 1))
    cores, rest, rank = [], A, 1
    for size, bound in zip(shape, bounds, strict=False):
        u, sigma, vh = xp.linalg.svd(rest.reshape(rank * size, -1), full_matrices=False)
        kept = min(bound, _rank_within(sigma, share))
        cores.append(u[:, :kept].reshape(rank, size, kept))
        rest, rank = sigma[:kept, None] * vh[:kept], kept
    cores.append(rest.reshape(rank, shape[-1], 1))
    return cores


def tt_matrix(
    W: Array,
    rows: Sequence[int],
    columns: Sequence[int],
    ranks: int | Sequence[int] | None = None,
    *,
    tol: float | None = None,
) -> list[Array]:
    """Tensor-train cores of a matrix, each with a row and a column index.

    Args:
        W: (M, N) matrix, M the product of rows, N of columns.
        rows, columns: d factors each; the first varies slowest, as in a C-ordered reshape.
        ranks, tol: as for `tt_svd`.

    Returns:
        d cores (r_{k-1}, rows[k], columns[k], r_k), in the order that `tt_matvec` takes.

    Raises:
        ValueError: the factors do not multiply to the shape of W, or as `tt_svd`.

    Source:
        Novikov, Podoprikhin, Osokin & Vetrov, "Tensorizing neural networks", 2015, section 3:
        the two indices of a core belong together, so the axes are interleaved first.
    """
    rows = [integer("rows", m, low=1) for m in rows]
    columns = [integer("columns", n, low=1) for n in columns]
    if len(rows) != len(columns) or not rows:
        raise error("rows and columns", "of the same length >= 1", (rows, columns))
    W = float_array("W", W, shape=(math.prod(rows), math.prod(columns)))
    d, xp = len(rows), namespace(W)
    order = [axis for k in range(d) for axis in (k, d + k)]
    tensor = xp.moveaxis(W.reshape(*rows, *columns), tuple(order), tuple(range(2 * d)))
    paired = tensor.reshape([m * n for m, n in zip(rows, columns, strict=True)])
    cores = tt_svd(paired, ranks, tol=tol)
    return [
        core.reshape(core.shape[0], m, n, core.shape[-1])
        for core, m, n in zip(cores, rows, columns, strict=True)
    ]


def tt_matvec(cores: Sequence[Array], x: Array) -> Array:
    """Rows W x for a matrix W in tensor-train form, which is never built.

    Args:
        cores: d cores (r_{k-1}, m_k, n_k, r_k), r_0 = r_d = 1.
        x: (B, n_1 ... n_d), the first factor slowest.

    Returns:
        (B, m_1 ... m_d).

    Raises:
        ValueError: the ranks do not chain, or x does not fit.

    Source:
        Novikov et al. 2015, section 3.1: O(d r^2 m max(M, N)) a vector.
    """
    factors, rank, width = [], 1, 1
    for k, core in enumerate(cores):
        core = float_array(f"cores[{k}]", core, shape=(rank, "m", "n", "r"))
        factors.append(core)
        rank, width = core.shape[3], width * core.shape[2]
    if not factors or rank != 1:
        raise error("last rank of cores", "1", rank if factors else "no cores")
    x = float_array("x", x, shape=("B", width), like=factors[0])
    state = x.reshape(x.shape[0], 1, 1, width)  # batch, output so far, rank, input to come
    xp = namespace(x)
    for core in factors:
        batch, done, rank, left = state.shape
        state = state.reshape(batch, done, rank, core.shape[2], left // core.shape[2])
        state = xp.moveaxis(xp.tensordot(state, core, ([2, 3], [0, 2])), 2, 4)
        state = state.reshape(batch, done * core.shape[1], core.shape[3], -1)
    return state.reshape(x.shape[0], -1)


def tucker2_conv(K: Array, ro: int, ri: int) -> tuple[Array, Array, Array]:
    """Three convolutions that replace one: 1 x 1 to ri channels, h x w to ro, 1 x 1 to all.

    Args:
        K: (o, i, h, w) kernel.
        ro: output channels of the core, 1 <= ro <= min(o, i h w): beyond, there is nothing left.
        ri: input channels of the core, 1 <= ri <= min(i, o h w).

    Returns:
        first (ri, i, 1, 1), core (ro, ri, h, w), last (o, ro, 1, 1): the kernel is
        sum_{a, b} last[o, a] core[a, b] first[b, i]. Exact if ro and ri are the ranks of the two
        unfoldings; the squared error is at most the sum of their squared singular values beyond.

    Raises:
        ValueError: K is not a kernel, or a rank is out of range.

    Source:
        Kim et al., "Compression of deep convolutional neural networks", 2016, section 3.1; factors
        by the higher-order SVD of De Lathauwer et al. 2000, without further iterations.
    """
    K = float_array("K", K, shape=("o", "i", "h", "w"), finite=True)
    o, i, h, w = K.shape
    ro = integer("ro", ro, low=1, high=min(o, i * h * w))
    ri = integer("ri", ri, low=1, high=min(i, o * h * w))
    xp = namespace(K)
    last = xp.linalg.svd(K.reshape(K.shape[0], -1), full_matrices=False)[0][:, :ro]
    by_input = xp.moveaxis(K, 1, 0).reshape(K.shape[1], -1)
    first = xp.linalg.svd(by_input, full_matrices=False)[0][:, :ri]
    core = xp.einsum("oihw,oa,ib->abhw", K, last, first)
    return first.mT[:, :, None, None], core, last[:, :, None, None]


def _rank_bounds(ranks: int | Sequence[int] | None, count: int) -> list[int]:
    if ranks is None or isinstance(ranks, int | numbers.Integral):
        ranks = [1 << 62 if ranks is None else ranks] * count
    if len(ranks) != count:
        raise error("ranks", f"a number or {count} numbers", ranks)
    return [integer(f"ranks[{k}]", r, low=1) for k, r in enumerate(ranks)]


def _rank_within(sigma: Array, error_bound: float) -> int:
    """Smallest rank >= 1 whose truncation error (norm of the tail) is at most the bound."""
    xp, largest = namespace(sigma), float(sigma[0])
    if error_bound == 0 or largest == 0:
        return max(1, int((sigma > 0).sum()))
    shares = sigma / largest  # the squares of small numbers are 0
    tails = xp.cumsum(xp.flip(shares**2, (0,)), 0) ** 0.5
    return max(1, len(sigma) - int((tails <= error_bound / largest).sum()))
