"""representations, sparse coding: scikit-learn, linear programming and Fourier as oracles."""

import numpy as np
import pytest
import torch
from scipy.linalg import hadamard
from sklearn.linear_model import Lasso, orthogonal_mp

from tdlcourse.representations import (
    basis_pursuit,
    csc_dictionary,
    fista,
    ista,
    mutual_coherence,
    omp,
)

SPIKES_AND_HADAMARD = np.hstack([np.eye(64), hadamard(64) / 8.0])


def problem(n=20, k=35, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, k)) * rng.uniform(0.5, 2, k), rng.normal(size=n)


def objective(D, y, g, lam):
    return 0.5 * ((y - D @ g) ** 2).sum() + lam * abs(g).sum()


def planted(s, rng):
    """A code with s atoms of random signs and sizes, and its support."""
    code = np.zeros(128)
    support = rng.choice(128, s, replace=False)
    code[support] = rng.choice([-1, 1], s) * rng.uniform(0.5, 2, s)
    return code, set(support.tolist())


# ------------------------------------------------------------------------------ thresholding


@pytest.mark.ground_truth(
    function="representations.fista",
    result="minimum of 1/2 ||y - D g||^2 + lam ||g||_1",
    source="Beck & Teboulle 2009",
    figure="sklearn.linear_model.Lasso (coordinate descent), three weights",
)
@pytest.mark.ground_truth(
    function="representations.ista",
    result="minimum of 1/2 ||y - D g||^2 + lam ||g||_1",
    source="Daubechies, Defrise & De Mol 2004",
    figure="sklearn.linear_model.Lasso (coordinate descent), three weights",
)
def test_thresholding_converges_to_the_lasso(record_property):
    D, y = problem()
    deviation = 0.0
    for lam in (0.5, 2.0, 6.0):
        model = Lasso(lam / len(y), fit_intercept=False, tol=1e-14, max_iter=200_000).fit(D, y)
        for solver, iters in ((ista, 20_000), (fista, 4_000)):
            code = solver(D, y, lam, iters)
            deviation = max(deviation, abs(code - model.coef_).max())
            slope = D.T @ (y - D @ code) / lam  # optimal: sign(code) on it, in [-1, 1] off it
            assert abs(slope).max() <= 1 + 1e-5
            assert np.allclose(slope[code != 0], np.sign(code[code != 0]), rtol=0, atol=1e-5)
    # Coordinate descent stops at a duality gap of 1e-14 ||y||^2, so at errors of its square root.
    assert deviation <= 1e-5
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.fista",
    result="objective within 2 L ||g*||^2 / (k + 1)^2, ista within L ||g*||^2 / (2 k)",
    source="Beck & Teboulle 2009, theorems 3.1, 4.4",
    figure="largest excess as a share of its bound, k = 1..300",
)
def test_thresholding_is_as_fast_as_its_theorems(record_property):
    D, y = problem()
    lam, L = 1.0, np.linalg.eigvalsh(D.T @ D)[-1]
    best = fista(D, y, lam, 20_000)
    floor, size, share = objective(D, y, best, lam), (best**2).sum(), 0.0
    for k in (1, 2, 5, 20, 100, 300):
        slow = (objective(D, y, ista(D, y, lam, k), lam) - floor) / (L * size / (2 * k))
        fast = (objective(D, y, fista(D, y, lam, k), lam) - floor) / (2 * L * size / (k + 1) ** 2)
        share = max(share, slow, fast)
    assert share <= 1
    record_property("deviation", share)


def test_one_step_of_ista_thresholds_at_lam_over_L():
    D = np.diag([2.0, 1.0])
    # L = 4: steps of 1/4 and a threshold of 1/4 on D^T y / 4 = (1, -0.75).
    assert np.allclose(ista(D, [2.0, -3.0], 1.0, 1), [0.75, -0.5], rtol=0, atol=1e-15)
    assert (ista(D, [2.0, -3.0], 1.0, 0) == 0).all()
    assert (ista(D, [2.0, -3.0], 100.0, 50) == 0).all()  # lam >= ||D^T y||_inf


def test_thresholding_takes_batches_and_tensors():
    D, y = problem()
    batch = ista(D, np.stack([y, 2 * y]), 1.0, 30)
    assert batch.shape == (2, 35) and np.allclose(batch[0], ista(D, y, 1.0, 30), rtol=1e-12)
    found = fista(torch.tensor(D), y, 1.0, 30)
    assert isinstance(found, torch.Tensor)
    assert np.allclose(found, fista(D, y, 1.0, 30), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match=r"y must be of shape \(\.\.\., 20\), got \(19,\)"):
        ista(D, y[1:], 1.0, 3)
    with pytest.raises(ValueError, match="lam must be a real number in"):
        fista(D, y, -1.0, 3)
    with pytest.raises(ValueError, match="D must be a non-zero matrix"):
        ista(0 * D, y, 1.0, 3)


# ------------------------------------------------------------------------------ pursuit


@pytest.mark.ground_truth(
    function="representations.omp",
    result="greedy code with refitting",
    source="Pati, Rezaiifar & Krishnaprasad 1993",
    figure="sklearn.linear_model.orthogonal_mp, s = 1..10",
)
def test_omp_is_that_of_scikit_learn(record_property):
    D, y = problem()
    norms, deviation = np.linalg.norm(D, axis=0), 0.0
    for s in range(1, 11):
        expected = orthogonal_mp(D / norms, y, n_nonzero_coefs=s) / norms
        deviation = max(deviation, abs(omp(D, y, s) - expected).max())
    assert deviation <= 1e-10
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.omp",
    result="finds every code with fewer than (1 + 1/mu) / 2 = 4.5 atoms of [I | H_64 / 8]",
    source="Tropp 2004, theorem B",
    figure="50 codes of 1 to 4 atoms",
)
def test_omp_recovers_below_the_coherence_bound(record_property):
    rng, deviation = np.random.default_rng(0), 0.0
    for trial in range(50):
        code, _ = planted(1 + trial % 4, rng)
        found = omp(SPIKES_AND_HADAMARD, SPIKES_AND_HADAMARD @ code, 4)
        deviation = max(deviation, abs(found - code).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


def test_omp_stops_at_the_signal_and_refuses_zero_atoms():
    D, _ = problem()
    assert (omp(D, 3 * D[:, 7], 10) != 0).sum() == 1
    assert (omp(D, np.zeros(20), 5) == 0).all() and (omp(D, D[:, 0], 0) == 0).all()
    assert np.allclose(omp(torch.tensor(D), D[:, 3], 2)[3], 1)
    D[:, 4] = 0
    with pytest.raises(ValueError, match="D must be a dictionary without zero atoms"):
        omp(D, np.ones(20), 2)
    with pytest.raises(ValueError, match=r"s must be an integer in \[0, 20\], got 21"):
        omp(problem()[0], np.ones(20), 21)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_omp_adds_no_atoms_to_an_exact_fit(seed, dtype):
    rng = np.random.default_rng(seed)
    D = rng.normal(size=(64, 128)).astype(dtype)
    code, support = planted(4, rng)
    found = omp(D, D @ code.astype(dtype), 20)
    assert set(np.flatnonzero(found).tolist()) == support


@pytest.mark.ground_truth(
    function="representations.mutual_coherence",
    result="[I | H_64 / 8]: mu = 0.125, uniqueness below 4.5 atoms",
    source="Donoho & Elad 2003; curriculum 8.2",
    figure=".125 and 4.5",
)
def test_coherence_of_spikes_and_hadamard(record_property):
    mu = mutual_coherence(SPIKES_AND_HADAMARD)
    deviation = abs(mu - 0.125)
    assert deviation <= 1e-15 and (1 + 1 / mu) / 2 == 4.5
    # The bound is about the spark: 16 atoms, 8 spikes and 8 Hadamard columns, are dependent.
    comb = np.kron(np.ones(8), np.eye(8)[0])
    code = np.concatenate([comb, -comb[::-1]])
    spectrum = hadamard(64) / 8 @ comb
    code[64:] = -hadamard(64).T / 8 @ comb
    assert abs(SPIKES_AND_HADAMARD @ code).max() <= 1e-12 and (abs(spectrum) > 1e-9).sum() == 8
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.mutual_coherence",
    result="largest normalised inner product, at least Welch's bound",
    source="definition; Welch 1974",
    figure="loops over all pairs",
)
def test_coherence_is_the_largest_cosine(record_property):
    D, _ = problem()
    cosines = [
        abs(D[:, i] @ D[:, j]) / np.sqrt((D[:, i] @ D[:, i]) * (D[:, j] @ D[:, j]))
        for i in range(35)
        for j in range(i)
    ]
    deviation = abs(mutual_coherence(D) - max(cosines))
    assert deviation <= 1e-14
    assert mutual_coherence(D) >= np.sqrt((35 - 20) / (20 * 34))
    assert mutual_coherence(torch.tensor([[1.0, 2.0], [0.0, 0.0]])) == 1
    assert mutual_coherence(np.eye(3)) == 0
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.basis_pursuit",
    result="recovers 20 of 20 codes of 8 atoms of [I | H_64 / 8], some but not all of 24",
    source="curriculum 8.2 (20/20, and 11/20 with its own random codes)",
    figure="20/20 at 4 and 8 atoms, between 4 and 17 of 20 at 24",
)
def test_basis_pursuit_beats_its_guarantee_and_then_fails(record_property):
    found = {}
    for s in (4, 8, 24):
        rng = np.random.default_rng(s)
        found[s] = 0
        for _ in range(20):
            code, _ = planted(s, rng)
            guess = basis_pursuit(SPIKES_AND_HADAMARD, SPIKES_AND_HADAMARD @ code)
            found[s] += abs(guess - code).max() <= 1e-8
    assert found[4] == found[8] == 20
    assert 4 <= found[24] <= 17
    record_property("deviation", abs(found[24] - 11) / 20)


@pytest.mark.ground_truth(
    function="representations.basis_pursuit",
    result="least l1 norm among all codes of the signal",
    source="duality: y . v with |D^T v| <= 1 attains the norm",
    figure="fista with lam -> 0 as the dual point",
)
def test_basis_pursuit_is_optimal(record_property):
    D, y = problem()
    code = basis_pursuit(D, y)
    assert abs(D @ code - y).max() <= 1e-9 and (abs(code) > 1e-9).sum() <= 20
    lam = 1e-3
    residual = y - D @ fista(D, y, lam, 60_000)
    certificate = residual / max(lam, abs(D.T @ residual).max())
    deviation = 1 - (y @ certificate) / abs(code).sum()
    assert -1e-9 <= deviation <= 5e-3  # O(lam), by the duality gap of the lasso
    record_property("deviation", deviation)


@pytest.mark.parametrize("exponent", range(-12, 13, 4))
def test_basis_pursuit_does_not_depend_on_units(exponent):
    rng, scale = np.random.default_rng(0), 10.0**exponent
    code, _ = planted(6, rng)
    y = SPIKES_AND_HADAMARD @ code
    found = basis_pursuit(SPIKES_AND_HADAMARD, scale * y)
    np.testing.assert_allclose(found / scale, code, rtol=0, atol=1e-9)
    found = basis_pursuit(scale * SPIKES_AND_HADAMARD, y)
    np.testing.assert_allclose(found * scale, code, rtol=0, atol=1e-9)


def test_basis_pursuit_prefers_long_atoms():
    D = np.array([[1.0, 0.0, 3.0], [0.0, 1.0, 3.0]])  # one long atom for two, and a zero one
    assert np.allclose(basis_pursuit(np.c_[D, [0.0, 0.0]], [3.0, 3.0]), [0, 0, 1, 0])
    assert (basis_pursuit(D, [0.0, 0.0]) == 0).all()


def test_basis_pursuit_says_when_there_is_no_code():
    with pytest.raises(ValueError, match="y must be in the range of D"):
        basis_pursuit(np.ones((2, 3)), [1.0, 2.0])
    with pytest.raises(ValueError, match="y must be in the range of D, got .* residual of 1.0e-08"):
        basis_pursuit([[1.0], [0.0]], [1.0, 1e-8])
    assert isinstance(basis_pursuit(torch.eye(2), [1.0, 2.0]), torch.Tensor)


# ------------------------------------------------------------------------------ convolution


@pytest.mark.ground_truth(
    function="representations.csc_dictionary",
    result="D g = sum of circular convolutions of filters and coefficients",
    source="Papyan, Sulam & Elad 2017; convolution theorem",
    figure="numpy.fft, filters as long as the signal and shorter",
)
def test_convolutional_dictionary_convolves(record_property):
    rng, deviation = np.random.default_rng(0), 0.0
    for m, w, N in [(1, 3, 8), (3, 4, 9), (2, 5, 5)]:
        filters, code = rng.normal(size=(m, w)), rng.normal(size=(m, N))
        spectrum = (np.fft.fft(filters, N) * np.fft.fft(code)).sum(0)
        found = csc_dictionary(filters, N) @ code.ravel()
        deviation = max(deviation, abs(found - np.fft.ifft(spectrum).real).max())
    assert deviation <= 1e-13
    record_property("deviation", deviation)


def test_first_columns_of_a_convolutional_dictionary():
    D = csc_dictionary(np.array([[1.0, 2.0], [3.0, 4.0]]), 3)
    assert D.tolist() == [[1, 0, 2, 3, 0, 4], [2, 1, 0, 4, 3, 0], [0, 2, 1, 0, 4, 3]]
    assert isinstance(csc_dictionary(torch.ones(2, 2), 3), torch.Tensor)
    with pytest.raises(ValueError, match=r"N must be an integer in \[2, inf\), got 1"):
        csc_dictionary(np.ones((1, 2)), 1)
