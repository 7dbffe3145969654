"""Hidden tests of q5: every term against its definition, by enumeration in plain Python."""

import numpy as np
import pytest

from autograder.testing import assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q5")

ATOL = 1e-12  # promised by the statement; sums of at most 40 numbers below 1 err by less than 1e-14


def risk(P, f):
    """The true risk, added up point by point."""
    return sum(P[i, 0] if f[i] else P[i, 1] for i in range(len(P)))


def world(rng, k, h, n):
    """A random distribution, space, returned predictor (a row) and sample drawn from P.

    One row has fewer errors than any other, so that no mark depends on whether the seed of a
    student happens to give a tie; ties have tests of their own.
    """
    P = rng.dirichlet(np.full(2 * k, 0.7)).reshape(k, 2)
    while True:
        H = rng.random((h, k)) < 0.5
        drawn = rng.choice(2 * k, size=n, p=P.ravel())
        sample = np.column_stack([drawn // 2, drawn % 2])
        fewest, *others = sorted(empirical_errors(H, sample))
        if not others or fewest < others[0]:
            return P, H, H[rng.integers(h)].copy(), sample


def checked(student, P, H, f_t, sample):
    """The student's result; its erm must be a minimiser on the sample."""
    result = student.decompose(P, H, f_t, sample)
    assert isinstance(result, dict), "a dictionary is needed"
    missing = {"opt", "est", "approx", "bayes", "erm"} - set(result)
    assert not missing, f"the keys {sorted(missing)} are missing"
    assert_integer(result["erm"], name="erm")
    assert 0 <= result["erm"] < len(H), "erm must be a row number of H"
    for key in ("opt", "est", "approx", "bayes"):
        assert_shape(result[key], (), name=key)
    return result


def empirical_errors(H, sample):
    return [sum(bool(f[i]) != bool(c) for i, c in sample.tolist()) for f in H]


SIZES = [(6, 5, 8), (1, 2, 1), (4, 1, 3), (20, 30, 5), (3, 8, 40)]


@pytest.mark.parametrize(("k", "h", "n"), SIZES)
@pytest.mark.question("q5", weight=1, hint="erm must have the fewest errors on the sample.")
def test_erm(student, rng, k, h, n):
    """erm is a minimiser of the number of errors on the sample."""
    P, H, f_t, sample = world(rng, k, h, n)
    errors = empirical_errors(H, sample)
    assert errors[checked(student, P, H, f_t, sample)["erm"]] == min(errors), "not a minimiser"


@pytest.mark.parametrize(("k", "h", "n"), SIZES)
@pytest.mark.question("q5", weight=2, hint="est: true risks of erm and of the best row of H.")
def test_estimation(student, rng, k, h, n):
    """est is the true risk of the named row minus the smallest true risk in H."""
    P, H, f_t, sample = world(rng, k, h, n)
    result = checked(student, P, H, f_t, sample)
    best = min(risk(P, f) for f in H)
    assert_close(result["est"], risk(P, H[result["erm"]]) - best, rtol=0, atol=ATOL, name="est")


@pytest.mark.parametrize(("k", "h", "n"), SIZES)
@pytest.mark.question("q5", weight=1, hint="The Bayes risk is over all functions, and not zero.")
def test_approximation_and_bayes(student, rng, k, h, n):
    """bayes is the smallest risk of all functions, approx is what H lacks."""
    P, H, f_t, sample = world(rng, k, h, n)
    result = checked(student, P, H, f_t, sample)
    bayes = sum(min(P[i, 0], P[i, 1]) for i in range(k))
    best = min(risk(P, f) for f in H)
    assert_close(result["bayes"], bayes, rtol=0, atol=ATOL, name="bayes")
    assert_close(result["approx"], best - bayes, rtol=0, atol=ATOL, name="approx")


@pytest.mark.parametrize(("k", "h", "n"), SIZES)
@pytest.mark.question("q5", weight=1, hint="The four terms sum to the true risk of f_t.")
def test_the_sum(student, rng, k, h, n):
    """The four terms sum to the risk of f_t, also if f_t is no row of H."""
    P, H, _, sample = world(rng, k, h, n)
    f_t = rng.random(k) < 0.5
    result = checked(student, P, H, f_t, sample)
    total = sum(float(result[key]) for key in ("opt", "est", "approx", "bayes"))
    assert_close(total, risk(P, f_t), rtol=0, atol=ATOL, name="the sum of the terms")


@pytest.mark.question("q5", weight=1, hint="No term is cut off at zero.")
def test_a_negative_optimisation_term(student):
    """With an unlucky sample the optimisation term is negative."""
    P = np.array([[0.7, 0.1], [0.05, 0.15]])  # points of different mass, Bayes risk 0.15
    H = np.array([[False, True], [True, False], [True, True]])
    sample = np.array([[0, 1], [1, 0], [0, 1]])  # three rare draws: row 1 fits them all
    result = checked(student, P, H, H[0].copy(), sample)
    assert result["erm"] == 1, "one row fits the sample without an error"
    assert_close(result["opt"], 0.15 - 0.85, rtol=0, atol=ATOL, name="opt")
    assert_close(result["est"], 0.85 - 0.15, rtol=0, atol=ATOL, name="est")


@pytest.mark.question("q5", weight=1, hint="Ties, impossible points, and untouched arguments.")
def test_ties_zeros_and_purity(student, rng):
    """Ties of the sample and of P, points of probability zero, and no argument changes."""
    P = np.array([[0.25, 0.25], [0.0, 0.0], [0.5, 0.0]])
    H = np.array([[True, True, False], [False, False, False], [True, False, True]])
    order = rng.permutation(3)
    H, f_t, sample = H[order], np.array([True, False, True]), np.array([[2, 0], [2, 0]])
    before = [a.copy() for a in (P, H, f_t, sample)]
    result = checked(student, P, H, f_t, sample)
    assert not H[result["erm"]][2], "only rows that answer 0 at the point seen fit the sample"
    for key, value in [("opt", 0.5), ("est", 0.0), ("approx", 0.0), ("bayes", 0.25)]:
        assert_close(result[key], value, rtol=0, atol=ATOL, name=key)
    for old, new in zip(before, (P, H, f_t, sample), strict=True):
        assert np.array_equal(old, new), "an argument was changed"


@pytest.mark.question("q5", weight=1, hint="Tied rows of H can have different true risks.")
def test_tied_rows_of_different_risk(student):
    """The terms belong to the row that erm names, not to another or an average of tied ones."""
    P = np.array([[0.5, 0.2], [0.1, 0.2]])
    H = np.array([[False, False], [False, True], [True, True]])
    sample = np.array([[0, 0]])  # rows 0 and 1 make no error, their risks are 0.4 and 0.3
    result = checked(student, P, H, H[2], sample)
    risks = [risk(P, f) for f in H]
    assert result["erm"] in (0, 1), "rows 0 and 1 fit the sample, row 2 does not"
    assert_close(result["opt"], risks[2] - risks[result["erm"]], rtol=0, atol=ATOL, name="opt")
    assert_close(result["est"], risks[result["erm"]] - 0.3, rtol=0, atol=ATOL, name="est")


@pytest.mark.question("q5", weight=1, hint="An example drawn three times counts three times.")
def test_repeated_examples_count(student):
    """Errors on the sample are counted with repetition."""
    P = np.full((2, 2), 0.25)
    H = np.array([[False, False], [True, True]])
    sample = np.array([[0, 1], [0, 1], [0, 1], [1, 0], [0, 0]])
    assert checked(student, P, H, H[0], sample)["erm"] == 1, "row 0 errs three times, row 1 twice"


@pytest.mark.question("q5", weight=1, hint="The same call gives the same answer, every time.")
def test_repeatable_and_without_global_state(student):
    """Ten tied rows: twelve calls name the same one, and global generators are left alone."""
    P, H = np.full((1, 2), 0.5), np.zeros((10, 1), dtype=bool)
    sample = np.array([[0, 0]])
    student.seed(7)
    untouched = student.draw()
    student.seed(7)
    # A row drawn at random each time would be the same twelve times with probability 1e-11.
    named = {int(checked(student, P, H, H[0], sample)["erm"]) for _ in range(12)}
    assert len(named) == 1, "equal calls gave different answers"
    assert student.draw() == untouched, "the global random state was used or reseeded"
