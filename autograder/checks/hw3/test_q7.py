"""Hidden tests of q7: entries against the reference, ranks that are known.

A rank is tested only where it is not in doubt: circuits are drawn again until the judge's own
singular values have a gap, the counted ones above 1e-4 and the others below 1e-12 of the largest.
An entry of T is a sum of products that the student may add in any order: 1e-10 of the largest entry
is 1e5 times its rounding error.
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q7", timeout=30)


def circuit(rng, N, M, channels):
    """Random leaves and mixes with channels r_0, ..., r_{K-1}, nothing shared."""
    widths = [*channels, 1]
    leaves = rng.normal(size=(N, widths[0], M))
    mixes = [
        rng.normal(size=(N >> (level + 1), widths[level + 1], widths[level]))
        for level in range(len(channels))
    ]
    return leaves, mixes


def one_way(rng, N):
    """A permutation that is not its own inverse (N > 2)."""
    while True:
        perm = rng.permutation(N)
        if (perm[perm] != np.arange(N)).any():
            return perm.tolist()


def assert_tensor(student, reference, leaves, mixes, perm):
    expected = reference.tensors.convac_tensor(leaves, mixes, perm)
    found = student.convac_tensor(leaves, mixes, perm)
    assert_shape(found, expected.shape, name="T")
    assert_close(found, expected, rtol=0, atol=1e-10 * np.abs(expected).max(), name="T")


@pytest.mark.parametrize(
    ("N", "M", "channels"), [(2, 3, [4]), (4, 3, [2, 5]), (8, 3, [2, 4, 3]), (16, 2, [3, 1, 2, 2])]
)
@pytest.mark.question("q7", weight=3, hint="Each level: products channel by channel, then mixing.")
def test_entries(student, rng, reference, N, M, channels):
    """With inputs in the order of the slots, T is right for 2 to 16 inputs."""
    leaves, mixes = circuit(rng, N, M, channels)
    assert_tensor(student, reference, leaves, mixes, list(range(N)))


@pytest.mark.parametrize(("N", "M", "channels"), [(4, 2, [3, 2]), (8, 3, [2, 2, 3])])
@pytest.mark.question("q7", weight=2, hint="Axis perm[k] of T is fed by slot k, not the inverse.")
def test_geometry(student, rng, reference, N, M, channels):
    """Inputs in another order: axis i belongs to input i."""
    leaves, mixes = circuit(rng, N, M, channels)
    assert_tensor(student, reference, leaves, mixes, one_way(rng, N))


def with_rank(rng, shape, axes, rank):
    """A tensor whose matricisation along `axes` has exactly this rank, well conditioned."""
    columns = [i for i in range(len(shape)) if i not in axes]
    sizes = [int(np.prod([shape[i] for i in part])) for part in (axes, columns)]
    left, right = (np.linalg.qr(rng.normal(size=(n, n)))[0][:, :rank] for n in sizes)
    matrix = left * rng.uniform(0.5, 2, size=rank) @ right.T
    return np.moveaxis(
        matrix.reshape([shape[i] for i in [*axes, *columns]]), range(len(shape)), [*axes, *columns]
    )


@pytest.mark.parametrize(
    ("shape", "axes", "rank"),
    [
        ((3, 4), [1], 2),
        ((2, 3, 4, 5), [2, 0], 5),
        ((2, 3, 4, 5), [1, 3], 8),
        ((3, 2, 2, 3, 2), [4, 0, 3], 3),
        ((2, 2, 2, 2, 2, 2), [1, 3, 5], 7),
    ],
)
@pytest.mark.question("q7", weight=2, hint="Rows are the axes in I, whatever their places.")
def test_known_ranks(student, rng, shape, axes, rank):
    """Tensors of known rank, with axes of different lengths and rows in any order."""
    T = with_rank(rng, shape, axes, rank)
    found = assert_integer(student.matricisation_rank(T, axes), name="matricisation_rank")
    assert found == rank, "the rank is wrong"


@pytest.mark.question("q7", weight=2, hint="Relative to the largest singular value; zero is 0.")
def test_the_threshold(student, rng):
    """Singular values above 1e-9 of the largest count, those below do not, at any scale."""
    shape, axes = (4, 3, 3, 4), [0, 2]
    left, right = (np.linalg.qr(rng.normal(size=(12, 12)))[0] for _ in range(2))
    # 1.5e-9 and 7e-10 differ from the threshold by far more than rounding, 1e-15 of the largest.
    for scale in (1e-15, 1.0, 1e15):
        values = scale * np.array([1.0, 1e-3, 1.5e-9, 7e-10, *np.zeros(8)])
        T = (left * values @ right.T).reshape(4, 3, 3, 4).transpose(0, 2, 1, 3)
        found = assert_integer(student.matricisation_rank(T, axes), name="matricisation_rank")
        assert found == 3, "the threshold is not 1e-9 of the largest singular value"
    found = assert_integer(student.matricisation_rank(np.zeros(shape), axes), name="rank")
    assert found == 0, "the zero tensor has rank 0"


STRAIGHT, HALVES = list(range(8)), [0, 4, 1, 5, 2, 6, 3, 7]
EVEN, LEFT = [0, 2, 4, 6], [0, 1, 2, 3]
TABLE = {  # M, channels, perm, rows, rank
    4: [
        (3, [2, 5], [0, 1, 2, 3], [0, 2], 4),
        (2, [3, 5], [0, 1, 2, 3], [0, 2], 4),
        (3, [4, 3], [0, 1, 2, 3], [0, 1], 3),
        (2, [5, 6], [0, 1, 2, 3], [0, 1], 4),
    ],
    8: [
        (4, [2, 3, 3], STRAIGHT, EVEN, 16),
        (4, [2, 3, 3], STRAIGHT, LEFT, 3),
        (4, [2, 3, 3], HALVES, LEFT, 16),
        (4, [2, 3, 3], HALVES, EVEN, 4),
        (4, [2, 3, 3], [0, 4, 2, 6, 1, 5, 3, 7], EVEN, 3),
    ],
}


def clear_circuit(rng, reference, N, M, channels, perm, rows, rank):
    """A random circuit whose rank is not in doubt."""
    columns = [i for i in range(N) if i not in rows]
    for _ in range(2000):
        leaves, mixes = circuit(rng, N, M, channels)
        T = reference.tensors.convac_tensor(leaves, mixes, perm)
        matrix = T.transpose(*rows, *columns).reshape(M ** len(rows), -1)
        values = np.linalg.svd(matrix, compute_uv=False)
        values /= values[0]
        if values[rank - 1] > 1e-4 and (len(values) == rank or values[rank] < 1e-12):
            return leaves, mixes
    raise RuntimeError("no clear circuit in 2000 draws")


@pytest.mark.parametrize("N", [4, 8])
@pytest.mark.question("q7", weight=3, hint="The table of the statement, for random weights.")
def test_the_table(student, rng, reference, N):
    """The ranks of random circuits are those of the theory."""
    for M, channels, perm, rows, rank in TABLE[N]:
        leaves, mixes = clear_circuit(rng, reference, N, M, channels, perm, rows, rank)
        T = as_array(student.convac_tensor(leaves, mixes, list(perm)), name="T")
        assert_shape(T, (M,) * N, name="T")
        found = assert_integer(student.matricisation_rank(T, list(rows)), name="the rank")
        assert found == rank, "the rank is not the one of the theory"


@pytest.mark.question("q7", weight=1, hint="Arguments stay as they were; the same call, the same.")
def test_pure_and_repeatable(student, rng, reference):
    """Arguments are left alone, also by calls with other sizes in between."""
    leaves, mixes = circuit(rng, 4, 3, [2, 2])
    T = with_rank(rng, (2, 3, 4), [2, 0], 3)
    given, kept = [leaves, *mixes, T], [array.copy() for array in [leaves, *mixes, T]]
    perm, rows = [1, 2, 3, 0], [2, 0]
    for _ in range(2):
        assert_tensor(student, reference, leaves, mixes, perm)
        assert len(mixes) == 2, "a list was changed"
        assert_tensor(student, reference, *circuit(rng, 2, 4, [3]), [1, 0])
        assert student.matricisation_rank(T, rows) == 3, "the rank is wrong"
    for old, new in zip(kept, given, strict=True):
        assert np.array_equal(old, new), "an array was changed"
    assert perm == [1, 2, 3, 0] and rows == [2, 0], "a list was changed"
