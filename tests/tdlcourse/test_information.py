"""representations, mutual information: scikit-learn and exact distributions as oracles."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from tdlcourse.representations import binned_mi


@pytest.mark.ground_truth(
    function="representations.binned_mi",
    result="mutual information in bits of binned rows and labels",
    source="sklearn.metrics.mutual_info_score / log 2",
    figure="bins by numpy.digitize, 1 to 3 units, 2 to 30 bins",
)
def test_binned_information_is_that_of_the_contingency_table(record_property):
    rng, deviation = np.random.default_rng(0), 0.0
    for units in (1, 2, 3):
        for bins in (2, 5, 30):
            Y = rng.integers(0, 4, 300)
            T = np.tanh(Y[:, None] * 0.3 + rng.normal(size=(300, units)))
            edges = np.linspace(-1, 1, bins + 1)
            cells = np.digitize(T, edges[1:-1])
            names = [",".join(map(str, row)) for row in cells]
            expected = mutual_info_score(names, Y) / np.log(2)
            found = binned_mi(T, Y, bins, limits=(-1, 1))
            deviation = max(deviation, abs(found - expected))
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.binned_mi",
    result="exclusive or: each unit alone 0 bits, both together 1 bit",
    source="closed form",
    figure="0, 0, 1; H(Y) = 2 for a one-to-one code of four labels",
)
def test_information_of_exclusive_or(record_property):
    T = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    Y = np.array([0, 1, 1, 0])
    values = [binned_mi(T[:, :1], Y, 2), binned_mi(T[:, 1:], Y, 2), binned_mi(T, Y, 2)]
    deviation = abs(np.array(values) - [0, 0, 1]).max()
    assert binned_mi(T, np.arange(4), 2) == 2 and deviation <= 1e-15
    record_property("deviation", deviation)


def test_bins_are_shared_by_all_units_and_inputs():
    Y = np.array([0, 0, 1, 1])
    # The second unit moves by a fiftieth of the range of the first: one bin.
    T = np.array([[0.0, 0.505], [1, 0.505], [0, 0.525], [1, 0.525]])
    assert binned_mi(T, Y, 10) == pytest.approx(0, abs=1e-15)
    assert binned_mi(T, Y, 10, limits=(0.4, 0.6)) == pytest.approx(1, abs=1e-15)
    assert binned_mi(np.ones((4, 2)), Y, 10) == 0  # a dead layer knows nothing
    assert binned_mi(T, Y, 1) == 0


@pytest.mark.parametrize("seed", range(10))
def test_information_stays_between_its_bounds(seed):
    rng = np.random.default_rng(seed)
    cells, labels = np.meshgrid(np.arange(3 + seed), np.arange(7))  # independent: exactly 0 bits
    order = rng.permutation(cells.size)
    T, Y = cells.ravel()[order, None].astype(float), labels.ravel()[order]
    assert 0 <= binned_mi(T, Y, 3 + seed) <= 1e-14
    assert binned_mi(np.arange(len(Y))[:, None], Y, len(Y)) <= np.log2(7) + 1e-15


def test_many_bins_see_every_row():
    rng = np.random.default_rng(1)
    T, Y = rng.normal(size=(64, 3)), np.repeat([0, 1], 32)
    assert binned_mi(T, Y, 10**6) == pytest.approx(1, abs=1e-12)  # H(Y), whatever T is
    assert binned_mi(torch.tensor(T), torch.tensor(Y), 4) == binned_mi(T, Y, 4)
    shuffle = rng.permutation(64)
    assert binned_mi(T[shuffle], Y[shuffle], 4) == pytest.approx(binned_mi(T, Y, 4), rel=1e-12)


def test_information_refuses_wrong_arguments():
    T, Y = np.ones((3, 2)), np.array([0, 1, 0])
    with pytest.raises(ValueError, match=r"Y must be of shape \(3,\), got \(2,\)"):
        binned_mi(T, Y[:2], 3)
    with pytest.raises(TypeError, match="Y must be an array of integers"):
        binned_mi(T, Y.astype(float), 3)
    with pytest.raises(ValueError, match="bins must be an integer in"):
        binned_mi(T, Y, 0)
    for limits in ((1, 1), (0, 1, 2), (0, np.inf)):
        with pytest.raises(ValueError, match="limits must be two increasing numbers"):
            binned_mi(T, Y, 3, limits=limits)
    with pytest.raises(ValueError, match="T must be finite"):
        binned_mi(T * np.nan, Y, 3)
