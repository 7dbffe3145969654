"""Kernel matrices filled a few rows at a time, so that passes over a block stay in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tdlcourse._validate import Array, namespace

_ENTRIES = 1 << 15  # of a block


def by_row_blocks(
    n: int,
    m: int,
    like: Array,
    blocks: Callable[[slice, int], Sequence[Array]],
    *,
    symmetric: bool,
    unit: int = 1,
    least_rows: int = 1,
) -> list[Array]:
    """Matrices (n, m) of the dtype and device of `like`.

    Args:
        n: number of rows.
        m: number of columns.
        like: an array.
        blocks: from rows and a column to these rows of every matrix, from that column on.
        symmetric: compute what is above the diagonal only (n = m), and make the matrices symmetric
            to the last bit.
        unit: how many rows and columns each of the n and m stands for.
        least_rows: of a block, in units.

    Returns:
        Matrices (unit n, unit m), as many as `blocks` returns.
    """
    xp, whole, start = namespace(like), list[Array](), 0
    while start < n or not whole:
        left = start if symmetric else 0
        rows = slice(start, min(n, start + max(least_rows, _ENTRIES // max(1, m - left))))
        parts, shape = blocks(rows, left), (unit * n, unit * m)
        whole = whole or [xp.empty(shape, dtype=like.dtype, device=like.device) for _ in parts]
        here, right = slice(unit * start, unit * rows.stop), slice(unit * left, None)
        for matrix, part in zip(whole, parts, strict=True):
            matrix[here, right] = part
            if symmetric:
                matrix[right, here] = part.T
                corner = part[:, : len(part)]
                matrix[here, here] = xp.tril(corner) + xp.tril(corner, -1).T
        start = rows.stop
    return whole
