"""Public tests of q5: the decomposition of the risk."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q5")

# Three points; the label is 1 with probability 0.8, 0.4 and 0.5 given x = 0, 1, 2. The space has
# the two constants and "1 at x = 0 only"; training returned "always 1".
P = np.array([[0.1, 0.4], [0.18, 0.12], [0.1, 0.1]])
H = np.array([[False, False, False], [True, True, True], [True, False, False]])
F_T = np.array([True, True, True])
SAMPLE = np.array([[0, 0], [1, 0], [2, 0], [0, 1]])


def run(student, P, H, f_t, sample):
    """The student's dictionary, after its form has been checked."""
    result = student.decompose(P, H, f_t, sample)
    assert isinstance(result, dict), "decompose must return a dictionary"
    wanted = {"opt", "est", "approx", "bayes", "erm"}
    assert set(result) == wanted, f"the keys must be {sorted(wanted)}, got {list(result)}"
    assert_integer(result["erm"], name="erm")
    assert 0 <= result["erm"] < len(H), "erm must be a row number of H"
    for key in ("opt", "est", "approx", "bayes"):
        assert_shape(result[key], (), name=key)
    return result


@pytest.mark.question("q5", hint="Return a dictionary with exactly these five keys.")
def test_the_result_has_the_right_form(student):
    """The result has the keys opt, est, approx, bayes and erm; erm is a row number of H."""
    run(student, P, H, F_T, SAMPLE)


@pytest.mark.question("q5", hint="Count the errors of each row of H on the sample, by hand.")
def test_erm_is_a_minimiser_on_the_sample(student):
    """erm names one of the rows with the fewest errors on the sample."""
    # On SAMPLE row 0 errs once (the last pair), row 1 three times, row 2 once (the first pair).
    assert run(student, P, H, F_T, SAMPLE)["erm"] in (0, 2), "rows 0 and 2 err once each"


@pytest.mark.question("q5", hint="Risks are under P, not on the sample. Work this example by hand.")
def test_values_on_paper(student):
    """The four terms of this example are what one gets on paper."""
    result = run(student, P, H, F_T, SAMPLE)
    # Risks: row 0: 0.62, row 1: 0.38, row 2: 0.1 + 0.12 + 0.1 = 0.32, which is Bayes as well.
    risk_erm = {0: 0.62, 2: 0.32}[int(result["erm"])]
    for key, value in [
        ("bayes", 0.32),
        ("approx", 0.0),
        ("est", risk_erm - 0.32),
        ("opt", 0.38 - risk_erm),
    ]:
        assert_close(result[key], value, rtol=0, atol=1e-12, name=key)


@pytest.mark.question("q5", hint="The terms telescope: nothing may be clipped or rounded.")
def test_the_terms_sum_to_the_risk(student, rng):
    """opt + est + approx + bayes is the risk of f_t."""
    P_random = rng.dirichlet(np.ones(10)).reshape(5, 2)
    H_random, f_t = rng.random((4, 5)) < 0.5, rng.random(5) < 0.5
    sample = np.column_stack([rng.integers(5, size=6), rng.integers(2, size=6)])
    result = run(student, P_random, H_random, f_t, sample)
    total = result["opt"] + result["est"] + result["approx"] + result["bayes"]
    risk = sum(P_random[i, 0] if f_t[i] else P_random[i, 1] for i in range(5))
    assert_close(total, risk, rtol=0, atol=1e-12, name="the sum of the four terms")
