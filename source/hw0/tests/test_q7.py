"""Public tests of q7: the split is a split, and it can be repeated."""

import pytest
import torch

from autograder.testing import as_array

pytestmark = pytest.mark.question("q7")


def split(student, n, n_train, generator):
    """The two parts as sorted lists, after a look at their form."""
    parts = student.random_split(n, n_train, generator)
    assert isinstance(parts, tuple | list), "the result must be a pair (train, test)"
    assert len(parts) == 2, f"the result must have two parts, got {len(parts)}"
    train, test = (as_array(part) for part in parts)
    assert train.dtype == test.dtype == "int64", f"dtype must be int64, got {train.dtype}"
    assert train.shape == (n_train,), f"train must have shape ({n_train},), got {train.shape}"
    assert test.shape == (n - n_train,), f"test must have shape ({n - n_train},), got {test.shape}"
    return sorted(train.tolist()), sorted(test.tolist())


def test_each_index_once(student):
    """train and test together hold each of 0, ..., 9 exactly once."""
    train, test = split(student, 10, 7, torch.Generator().manual_seed(1))
    assert sorted(train + test) == list(range(10)), "each index must be in exactly one part"


def test_repeatable(student):
    """Two generators in the same state give the same split."""
    first = split(student, 50, 25, torch.Generator().manual_seed(7))
    second = split(student, 50, 25, torch.Generator().manual_seed(7))
    assert first == second, "the same state of the generator must give the same split"


def test_moves_on(student):
    """A second call with the same generator gives another split."""
    generator = torch.Generator().manual_seed(7)
    first = split(student, 50, 25, generator)
    # By chance two of C(50, 25) = 1.3e14 splits agree once in 1.3e14 trials.
    assert split(student, 50, 25, generator) != first, "the second split must be a new one"
