"""Hidden tests of q7: a uniform split, drawn from the given generator and nothing else."""

import math

import numpy as np
import pytest
import torch

from autograder.testing import as_array

pytestmark = pytest.mark.question("q7")


def generator_from(rng):
    return torch.Generator().manual_seed(int(rng.integers(2**62)))


def split(student, n, n_train, generator):
    """The two parts as sorted lists, after a look at their form."""
    parts = student.random_split(n, n_train, generator)
    assert isinstance(parts, tuple | list), "the result must be a pair"
    assert len(parts) == 2, "the result must be a pair"
    train, test = (as_array(part).astype(np.int64) for part in parts)  # dtype: a test of its own
    assert train.shape == (n_train,) and test.shape == (n - n_train,), "the lengths are wrong"
    return sorted(train.tolist()), sorted(test.tolist())


@pytest.mark.question(
    "q7", weight=2, hint="The two parts together must hold each index exactly once."
)
@pytest.mark.parametrize(("n", "n_train"), [(40, 30), (31, 1), (2, 1)])
def test_partition(student, rng, n, n_train):
    """Each index is in exactly one part."""
    train, test = split(student, n, n_train, generator_from(rng))
    assert sorted(train + test) == list(range(n))


@pytest.mark.question("q7", weight=1, hint="n_train may be 0 or n: one part is empty then.")
@pytest.mark.parametrize(("n", "n_train"), [(6, 0), (6, 6), (1, 0), (1, 1)])
def test_empty_part(student, rng, n, n_train):
    """One part may be empty."""
    train, test = split(student, n, n_train, generator_from(rng))
    assert sorted(train + test) == list(range(n))


@pytest.mark.question("q7", weight=1, hint="Indices are int64, not floats and not a mask.")
def test_dtype(student, rng):
    """Both parts are int64."""
    parts = student.random_split(9, 4, generator_from(rng))
    assert isinstance(parts, tuple | list) and len(parts) == 2, "the result must be a pair"
    assert all(as_array(part).dtype == np.int64 for part in parts)


@pytest.mark.question(
    "q7", weight=2, hint="The same state of the generator must give the same split, always."
)
def test_only_this_generator(student, rng):
    """The global generators play no part."""
    generator = generator_from(rng)
    again = generator.clone_state()
    student.seed(1)
    first = split(student, 60, 30, generator)
    student.seed(2)
    assert split(student, 60, 30, again) == first


@pytest.mark.question(
    "q7", weight=2, hint="A generator that has moved on must give a new split: don't seed it."
)
def test_new_split_each_time(student, rng):
    """Other states of the generator give other splits."""
    # Two independent splits agree with probability 1 / C(60, 30) = 8e-18.
    generator = generator_from(rng)
    first = split(student, 60, 30, generator)
    assert split(student, 60, 30, generator) != first, "the state did not move on"
    assert split(student, 60, 30, generator_from(rng)) != first, "the state is not used"


@pytest.mark.question("q7", weight=2, hint="All subsets of n_train indices must be equally likely.")
def test_uniform(student, rng):
    """Every index, and every pair of neighbours, is in train as often as it should be."""
    n, n_train, trials = 8, 4, 600
    member = np.zeros((trials, n))
    for trial in range(trials):
        train, _ = split(student, n, n_train, generator_from(rng))
        assert all(0 <= i < n for i in train), "an index is out of range"
        member[trial, train] = 1.0
    pairs = member * np.roll(member, 1, axis=1)
    # Hoeffding: each of the 2 n means is off by more than t with probability at most
    # 2 exp(-2 trials t^2); 1e-6 in all gives t = 0.12 (a block of neighbours is off by 0.16).
    t = math.sqrt(math.log(2 * 2 * n / 1e-6) / (2 * trials))
    both = n_train * (n_train - 1) / (n * (n - 1))
    assert np.abs(member.mean(axis=0) - n_train / n).max() <= t
    assert np.abs(pairs.mean(axis=0) - both).max() <= t
