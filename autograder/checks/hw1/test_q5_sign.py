"""Hidden test of q5-sign: the optimisation term is negative for every minimiser."""

import numpy as np
import pytest

from autograder.testing import as_array

pytestmark = pytest.mark.question("q5-sign")


@pytest.mark.question(
    "q5-sign", weight=1, hint="L(f_t) must be below L of every empirical risk minimiser of H."
)
def test_the_optimisation_term_is_negative(student):
    """The problem is possible, and f_t beats every empirical risk minimiser."""
    given = student.value("negative_opt")
    assert isinstance(given, dict), "a dictionary is needed"
    assert {"P", "H", "f_t", "sample"} <= set(given), "a key is missing"
    P, H, f_t, sample = (as_array(given[key]) for key in ("P", "H", "f_t", "sample"))
    assert P.ndim == 2, "P must have shape (k, 2)"
    k = len(P)
    assert P.shape == (k, 2) and 1 <= k <= 10, "P must have shape (k, 2)"
    assert (P >= 0).all() and abs(P.sum() - 1) < 1e-9, "P must be a distribution"
    assert H.ndim == 2 and H.shape[1] == k and 1 <= len(H) <= 50, "H must have shape (h, k)"
    assert f_t.shape == (k,) and np.isin(H, (0, 1)).all(), "f_t must have shape (k,)"
    assert (H == f_t).all(axis=1).any(), "f_t must be a row of H"
    assert sample.ndim == 2 and sample.shape[1] == 2, "the sample must have shape (n, 2)"
    assert 1 <= len(sample) <= 50, "the sample must have 1 to 50 rows"
    pairs = [(i, c) for i, c in sample.tolist() if i in range(k) and c in (0, 1)]
    assert len(pairs) == len(sample), "the sample holds a pair that does not exist"
    assert all(P[int(i), int(c)] > 0 for i, c in pairs), "the sample cannot have been drawn"

    H, f_t = H.astype(bool), f_t.astype(bool)
    errors = np.array([sum(f[int(i)] != bool(c) for i, c in pairs) for f in H])
    risks = np.where(H, P[:, 0], P[:, 1]).sum(axis=1)
    risk_f_t = np.where(f_t, P[:, 0], P[:, 1]).sum()
    assert risk_f_t < risks[errors == errors.min()].min() - 1e-6, "f_t is not better"
