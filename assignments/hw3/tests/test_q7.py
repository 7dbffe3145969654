"""Public tests of q7: small circuits, and matrices whose rank one sees."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q7", timeout=30)


def circuit(rng, N, M, channels):
    """Random leaves and mixes with the given channels r_0, ..., r_{K-1}; r_K = 1."""
    widths = [*channels, 1]
    leaves = rng.normal(size=(N, widths[0], M))
    mixes = [
        rng.normal(size=(N >> (level + 1), widths[level + 1], widths[level]))
        for level in range(len(channels))
    ]
    return leaves, mixes


@pytest.mark.question("q7", hint="N = 2: a sum over a of mix[0, 0, a] * outer(leaf 0, leaf 1).")
def test_two_inputs(student):
    """Two inputs: T is a sum of outer products, weighted by the mixing weights."""
    leaves = np.array([[[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]], [[1.0, 0.0, 3.0], [2.0, 1.0, 0.0]]])
    T = student.convac_tensor(leaves, [np.array([[[1.0, -1.0]]])], [0, 1])
    expected = np.array([[1.0, 0, 3], [0, -1, 6], [-2, -1, 0]])
    assert_close(T, expected, atol=1e-12, name="T")


@pytest.mark.question("q7", hint="Slot 0 is fed by input perm[0]: its axis of T is perm[0].")
def test_two_inputs_exchanged(student, rng):
    """With two inputs, perm = [1, 0] transposes T."""
    leaves, mixes = circuit(rng, 2, 3, [2])
    straight = as_array(student.convac_tensor(leaves, mixes, [0, 1]), name="T")
    crossed = student.convac_tensor(leaves, mixes, [1, 0])
    assert_shape(straight, (3, 3), name="T")
    assert_close(crossed, straight.T, atol=1e-12, name="T with perm = [1, 0]")


@pytest.mark.question("q7", hint="Axis i of T belongs to input i, which feeds the slot k = ?")
def test_who_feeds_whom(student):
    """With one channel everywhere T is the product of the leaves, each on its input's axis."""
    leaves = np.array([[[1.0, 2.0]], [[1.0, 3.0]], [[1.0, 5.0]], [[1.0, 7.0]]])
    mixes = [np.array([[[0.5]], [[4.0]]]), np.array([[[0.5]]])]  # 0.5 * 4 * 0.5 = 1
    T = student.convac_tensor(leaves, mixes, [2, 0, 3, 1])
    assert_shape(T, (2, 2, 2, 2), name="T")
    # slot 0 (2.0) is fed by input 2, slot 1 (3.0) by input 0, slot 2 by input 3, slot 3 by input 1
    T = as_array(T)
    found = [T[1, 0, 0, 0], T[0, 1, 0, 0], T[0, 0, 1, 0], T[0, 0, 0, 1]]
    assert_close(found, [3.0, 7.0, 2.0, 5.0], name="T with one index at 1, for inputs 0, 1, 2, 3")


@pytest.mark.question("q7", hint="Bring the axes in I to the front before you reshape.")
def test_ranks_one_sees(student):
    """e (x) E (x) f has rank 1 or that of E, depending on which axes are rows."""
    E = np.diag([3.0, 2.0, 1.0])
    T = np.einsum("a,bc,d->abcd", [1.0, 2.0], E, [1.0, 1.0])
    for I, rank in [([0], 1), ([1], 3), ([2, 0], 3), ([1, 2], 1), ([3, 1, 0], 3)]:  # noqa: E741
        found = assert_integer(student.matricisation_rank(T, I), name="matricisation_rank")
        assert found == rank, f"I = {I}: the rank must be {rank}, got {found}"


@pytest.mark.question("q7", hint="Compare with 1e-9 times the largest singular value.")
def test_the_threshold_is_relative(student):
    """Tiny and huge matrices have the rank of their multiples."""
    for scale in (1e-12, 1.0, 1e12):
        T = scale * np.diag([1.0, 1e-6, 1e-12])
        found = assert_integer(student.matricisation_rank(T, [0]), name="matricisation_rank")
        assert found == 2, f"diag(1, 1e-6, 1e-12) times {scale} has rank 2, got {found}"


@pytest.mark.parametrize(("rows", "rank"), [([0, 2], 4), ([0, 1], 2)])
@pytest.mark.question("q7", hint="The table in the statement, N = 4.")
def test_four_inputs(student, rng, rows, rank):
    """N = 4, M = 3, r = (2, 3): rank 4 for the rows 0 and 2, rank 2 for the rows 0 and 1."""
    leaves, mixes = circuit(rng, 4, 3, [2, 3])
    T = as_array(student.convac_tensor(leaves, mixes, [0, 1, 2, 3]), name="T")
    assert_shape(T, (3, 3, 3, 3), name="T")
    found = assert_integer(student.matricisation_rank(T, rows), name="matricisation_rank")
    assert found == rank, f"rows {rows}: the rank must be {rank}, got {found}"


@pytest.mark.question("q7", hint="Make new arrays; do not multiply into leaves.")
def test_the_arguments_stay_as_they_were(student, rng):
    """leaves, mixes and T are the same after the calls."""
    leaves, mixes = circuit(rng, 4, 2, [2, 2])
    T = rng.normal(size=(2, 3, 4))
    given, kept = [leaves, *mixes, T], [array.copy() for array in [leaves, *mixes, T]]
    student.convac_tensor(leaves, mixes, [3, 1, 0, 2])
    student.matricisation_rank(T, [2, 0])
    for old, new in zip(kept, given, strict=True):
        assert np.array_equal(old, new), "an argument was changed"
