"""Hidden tests of q4: posteriors in decimal arithmetic with 60 digits."""

from collections import Counter
from decimal import Decimal, localcontext
from math import prod

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q4")


def exact_posterior(prior, likelihood, observations):
    """Bayes' theorem in decimals of 60 digits, whose exponents don't run out."""
    counts = Counter(observations.tolist())
    joint = []
    with localcontext(prec=60):
        for p, row in zip(prior, likelihood, strict=True):
            factors = [Decimal(float(row[v])) ** times for v, times in counts.items()]
            joint.append(Decimal(float(p)) * prod(factors))
        return np.array([float(weight / sum(joint)) for weight in joint])


def distributions(rng, *shape):
    """Random probability vectors along the last axis, no entry below 1/20 of another."""
    weights = rng.uniform(0.05, 1.0, size=shape)
    return weights / weights.sum(axis=-1, keepdims=True)


def assert_posterior(student, prior, likelihood, observations):
    expected = exact_posterior(prior, likelihood, observations)  # the call might change them
    assert_close(student.posterior(prior, likelihood, observations), expected, rtol=0.0, atol=1e-8)


@pytest.mark.question(
    "q4", weight=3, hint="Posterior: prior times likelihoods of all observations, then normalised."
)
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 2, 9), (5, 3, 1)])
def test_few_observations(student, rng, shape):
    """A random prior, a few random observations."""
    k, m, t = shape
    assert_posterior(
        student, distributions(rng, k), distributions(rng, k, m), rng.integers(m, size=t)
    )


@pytest.mark.question("q4", weight=1, hint="Without observations the posterior is the prior.")
def test_no_observation(student, rng):
    """No observation leaves the prior."""
    nothing = np.zeros(0, dtype=np.int64)
    assert_posterior(student, distributions(rng, 4), distributions(rng, 4, 3), nothing)


@pytest.mark.question(
    "q4", weight=3, hint="With thousands of observations the product underflows: use logarithms."
)
def test_many_observations(student, rng):
    """Thousands of observations, several h still possible."""
    # The rows hold the same numbers in another order and every value is seen equally often, up to a
    # few; so the posterior is spread, while each product of 4,000 factors is below 1e-1000. The
    # order is shuffled: updating one observation at a time stays within range as well.
    # Rounding: 4,003 logarithms of modulus <= 4.2 sum up with an error of at most
    # 4,003 * 1.1e-16 * (4,003 * 4.2) = 7.4e-9, however unlucky; it is about 1e-12 in practice.
    row = distributions(rng, 4)
    likelihood = np.stack([row, row[::-1], np.roll(row, 1)])
    observations = np.concatenate([np.tile(np.arange(4), 1000), rng.integers(4, size=3)])
    rng.shuffle(observations)
    assert_posterior(student, distributions(rng, 3), likelihood, observations)


@pytest.mark.question(
    "q4", weight=1, hint="A value that h cannot produce was observed: the posterior of h is 0."
)
def test_impossible_hypothesis(student, rng):
    """An h that excludes an observed value gets probability 0."""
    likelihood = distributions(rng, 3, 3)
    likelihood[1] = [0.5, 0.0, 0.5]
    observations = np.array([0, 1, 2, 0])
    assert_posterior(student, distributions(rng, 3), likelihood, observations)


@pytest.mark.question(
    "q4", weight=1, hint="A likelihood of 0 for a value that was never observed does no harm."
)
def test_never_observed(student, rng):
    """A zero in the likelihood that no observation meets."""
    likelihood = distributions(rng, 3, 3)
    likelihood[0] = [0.25, 0.75, 0.0]
    assert_posterior(student, distributions(rng, 3), likelihood, np.array([0, 1, 1, 0]))


@pytest.mark.question("q4", weight=1, hint="What has prior probability 0 keeps it.")
def test_zero_prior(student, rng):
    """A prior of zero stays zero."""
    prior = np.array([0.0, 0.25, 0.75])
    assert_posterior(student, prior, distributions(rng, 3, 2), rng.integers(2, size=6))


@pytest.mark.question("q4", weight=1, hint="The arguments must be as they were before the call.")
def test_arguments_unchanged(student, rng):
    """Prior, likelihood and observations are not changed."""
    data = distributions(rng, 3), distributions(rng, 3, 4), rng.integers(4, size=6)
    before = [array.copy() for array in data]
    found = student.posterior(*data)
    assert_close(found, exact_posterior(*before), rtol=0.0, atol=1e-8)
    assert all(np.array_equal(a, b) for a, b in zip(data, before, strict=True))
