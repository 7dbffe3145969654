"""Hidden tests of q8-witness: both ranks, exactly, in whole numbers."""

from fractions import Fraction

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q8-witness")

SHAPES = [(8, 2, 3), (4, 2, 2), (2, 2, 2), (1, 1, 2)]


def circuit(student, key):
    """(leaves, mixes) in whole numbers, checked for shapes and entries."""
    circuits = student.value("circuits")
    assert isinstance(circuits, dict) and circuits.get(key) is not None, f"{key} is missing"
    pair = circuits[key]
    assert isinstance(pair, tuple | list) and len(pair) == 2, "a pair (leaves, mixes) is needed"
    assert isinstance(pair[1], tuple | list) and len(pair[1]) == 3, "three arrays of weights"
    arrays = [as_array(a) for a in [pair[0], *pair[1]]]
    assert [a.shape for a in arrays] == SHAPES, "a shape is wrong"
    assert all(np.isin(a, (0, 1)).all() for a in arrays), "an entry is neither 0 nor 1"
    arrays = [a.astype(np.int64) for a in arrays]
    return arrays[0], arrays[1:]


def matricisation(leaves, mixes):
    """The tensor's matrix with rows 0, 2, 4, 6: odd axes never leave the columns."""
    # A slot is a list of channels, each a matrix (even inputs so far) x (odd inputs so far). Slots
    # at even places are rows at the first level, the others columns; later levels take Kronecker
    # products.
    slots = [
        [leaf[:, None] if k % 2 == 0 else leaf[None, :] for leaf in leaves[k]] for k in range(8)
    ]
    for mix in mixes:
        slots = [
            [
                sum(mix[j, c, a] * np.kron(slots[2 * j][a], slots[2 * j + 1][a]) for a in range(2))
                for c in range(mix.shape[1])
            ]
            for j in range(len(mix))
        ]
    return slots[0][0]


def exact_rank(matrix):
    """The rank of a matrix of whole numbers, by elimination with fractions."""
    rows = [[Fraction(int(x)) for x in row] for row in np.unique(matrix, axis=0)]
    rank = 0
    for column in range(matrix.shape[1]):
        pivot = next((r for r in range(rank, len(rows)) if rows[r][column] != 0), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for r in range(rank + 1, len(rows)):
            factor = rows[r][column] / rows[rank][column]
            if factor != 0:
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[rank], strict=True)]
        rank += 1
    return rank


@pytest.mark.question("q8-witness", weight=1, hint="Entangle each pair; then only multiply.")
def test_high(student):
    """The circuit "high" has a matricisation of rank 16 or more."""
    assert exact_rank(matricisation(*circuit(student, "high"))) >= 16, "the rank is below 16"


@pytest.mark.question("q8-witness", weight=1, hint="Not zero, independent leaves, and rank 1.")
def test_low(student):
    """The circuit "low" has independent leaves and a matricisation of rank 1."""
    leaves, mixes = circuit(student, "low")
    assert all(exact_rank(slot) == 2 for slot in leaves), "two leaf vectors are dependent"
    assert exact_rank(matricisation(leaves, mixes)) == 1, "the rank is not 1"
