"""Public tests of q8-witness: the form of the circuits."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q8-witness")

MIXES = [(4, 2, 2), (2, 2, 2), (1, 1, 2)]


@pytest.mark.parametrize("key", ["high", "low"])
@pytest.mark.question("q8-witness", hint="Shapes as in the statement, entries 0 or 1.")
def test_the_circuit_has_the_right_form(student, key):
    """The circuit is (leaves, mixes) with the shapes of the statement and entries 0 or 1."""
    circuits = student.value("circuits")
    assert isinstance(circuits, dict), "circuits must be a dictionary"
    assert circuits.get(key) is not None, f'circuits["{key}"] has no value yet'
    pair = circuits[key]
    assert isinstance(pair, tuple | list) and len(pair) == 2, "a pair (leaves, mixes) is needed"
    leaves, mixes = pair
    assert isinstance(mixes, tuple | list) and len(mixes) == 3, "mixes must have three arrays"
    arrays = [as_array(a, name=f'circuits["{key}"]') for a in [leaves, *mixes]]
    for array, shape in zip(arrays, [(8, 2, 3), *MIXES], strict=True):
        assert array.shape == shape, f"an array must have shape {shape}, got {array.shape}"
        assert np.isin(array, (0, 1)).all(), "all entries must be 0 or 1"


@pytest.mark.question("q8-witness", hint="In each slot the two leaf vectors must be independent.")
def test_the_leaves_of_low_are_independent(student):
    """In circuits["low"] the two leaf vectors of each slot are linearly independent."""
    circuits = student.value("circuits")
    assert isinstance(circuits, dict) and circuits.get("low") is not None, "fill in low"
    leaves = as_array(circuits["low"][0], name="leaves").astype(float)
    assert leaves.shape == (8, 2, 3), "leaves must have shape (8, 2, 3)"
    assert all(np.linalg.matrix_rank(slot) == 2 for slot in leaves), "two vectors are dependent"
