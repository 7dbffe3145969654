"""Public tests of q5-sign: the problem is a possible one."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q5-sign")


def problem(student):
    """P, H, f_t and the sample as arrays."""
    given = student.value("negative_opt")
    assert isinstance(given, dict), "negative_opt must be a dictionary"
    missing = [key for key in ("P", "H", "f_t", "sample") if given.get(key) is None]
    assert not missing, f"negative_opt has no value yet for {missing}"
    return [as_array(given[key], name=key) for key in ("P", "H", "f_t", "sample")]


def test_the_problem_is_possible(student):
    """P is a distribution, f_t is a row of H, and the sample could have been drawn from P."""
    P, H, f_t, sample = problem(student)
    assert P.ndim == 2 and P.shape[1] == 2, "P must have shape (k, 2)"
    assert 1 <= len(P) <= 10, "P must have 1 to 10 rows"
    assert (P >= 0).all() and abs(P.sum() - 1) < 1e-9, "P must be non-negative and sum to 1"
    assert H.ndim == 2 and 1 <= len(H) <= 50, "H must have shape (h, k), h <= 50"
    assert H.shape[1] == len(P), "H must have one column for each point"
    assert f_t.shape == (len(P),), "f_t must have one entry for each point"
    assert np.isin(H, (0, 1)).all() and (H == f_t).all(axis=1).any(), "f_t must be a row of H"
    assert sample.ndim == 2 and sample.shape[1] == 2, "sample must have shape (n, 2)"
    assert 1 <= len(sample) <= 50, "sample must have 1 to 50 rows"
    for i, c in sample.tolist():
        assert i in range(len(P)) and c in (0, 1), f"({i}, {c}) is not a point and a label"
        assert P[int(i), int(c)] > 0, f"({i}, {c}) has probability 0"
