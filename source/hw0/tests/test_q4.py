"""Public tests of q4: posteriors that you can check by hand."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q4")


def test_rare_disease(student):
    """A test with 1 % errors, positive once, for a disease of one in a hundred: fifty-fifty."""
    prior = np.array([0.99, 0.01])
    likelihood = np.array([[0.99, 0.01], [0.01, 0.99]])
    assert_close(student.posterior(prior, likelihood, np.array([1])), [0.5, 0.5])


def test_two_observations(student):
    """A fair coin and one with 3/4 heads, seen head, head: posterior 4/13 and 9/13."""
    prior = np.array([0.5, 0.5])
    likelihood = np.array([[0.5, 0.5], [0.25, 0.75]])
    result = student.posterior(prior, likelihood, np.array([1, 1]))
    assert_close(result, [4 / 13, 9 / 13])


def test_certainty(student):
    """An observation that only one h can produce makes that h certain."""
    prior = np.array([0.25, 0.75])
    likelihood = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    result = student.posterior(prior, likelihood, np.array([1, 0, 1]))
    assert_close(result, [1.0, 0.0], atol=1e-8)
