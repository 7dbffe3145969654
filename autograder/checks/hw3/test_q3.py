"""Hidden tests of q3: laws, sums written out, and numbers larger than any float."""

from math import comb

import numpy as np
import pytest

pytestmark = pytest.mark.question("q3", timeout=20)


def regions(n, d):
    """Zaslavsky's number from its recursion: a new plane adds what it is itself cut into."""
    row = [1] * (d + 1)
    for _ in range(n):
        row = [1] + [row[j] + row[j - 1] for j in range(1, d + 1)]
    return row[d]


def equal(found, expected, name):
    is_whole = isinstance(found, int | np.integer) and not isinstance(found, bool)
    assert is_whole, f"{name} must be a whole number"
    assert int(found) == expected, f"{name} is not right"


@pytest.mark.parametrize("d", [1, 2, 3, 6])
@pytest.mark.question("q3", weight=2, hint="r(n, d) = r(n - 1, d) + r(n - 1, d - 1).")
def test_zaslavsky(student, d):
    """zaslavsky is right for 0 to 9 hyperplanes, fewer than d among them."""
    for n in range(10):
        equal(student.zaslavsky(n, d), regions(n, d), "zaslavsky")


@pytest.mark.question("q3", weight=1, hint="Exact whole numbers, however large.")
def test_large_numbers(student):
    """Counts with a hundred digits are exact."""
    equal(student.zaslavsky(400, 190), regions(400, 190), "zaslavsky")
    deep = (61 // 3) ** 3 * 20**3 * 21**3
    equal(student.montufar_lower(3, [61, 62, 63] * 9 + [60]), deep**9 * regions(60, 3), "montufar")
    equal(student.pascanu_lower(3, [61, 62, 63] * 9 + [60]), (20 * 20 * 21) ** 9 * 36051, "pascanu")


@pytest.mark.parametrize(
    ("n0", "widths", "folds"),
    [
        (2, [4, 4, 4], 4 * 4),
        (2, [8, 8, 8], 16 * 16),
        (3, [7, 10, 8], 2**3 * 3**3),
        (1, [5, 3, 2], 5 * 3),
        (4, [4, 9], 1),
        (2, [3, 11], 1),
        (3, [5], 1),
        (2, [5, 2], 4),
    ],
)
@pytest.mark.question("q3", weight=2, hint="floor(n_l / n0) ** n0 for all layers but the last.")
def test_montufar(student, n0, widths, folds):
    """Montufar's bound for equal and unequal widths, with remainders, one layer, one input."""
    last = sum(comb(widths[-1], j) for j in range(n0 + 1))
    equal(student.montufar_lower(n0, list(widths)), folds * last, "montufar_lower")


@pytest.mark.parametrize(
    ("n0", "widths", "folds"),
    [(2, [8, 8, 8], 16), (3, [7, 10, 8], 6), (1, [5, 3, 2], 15), (3, [5], 1), (2, [5, 7, 2], 6)],
)
@pytest.mark.question("q3", weight=1, hint="The floors have no exponent.")
def test_pascanu(student, n0, widths, folds):
    """Pascanu's bound for the same kinds of architectures."""
    last = sum(comb(widths[-1], j) for j in range(n0 + 1))
    equal(student.pascanu_lower(n0, list(widths)), folds * last, "pascanu_lower")


@pytest.mark.parametrize(
    ("n0", "R", "n"),
    [
        (2, 9472, 138),
        (2, 9454, 137),  # attained exactly
        (2, 9455, 138),
        (2, 1, 0),
        (2, 2, 1),
        (5, 32, 5),
        (5, 33, 6),
        (3, 10**9, 1818),
    ],
)
@pytest.mark.question("q3", weight=2, hint="Enough regions with n units, not enough with n - 1.")
def test_min_shallow(student, n0, R, n):
    """min_shallow is the least number of units, also where R is attained exactly."""
    equal(student.min_shallow(n0, R), n, "min_shallow")


@pytest.mark.question("q3", weight=1, hint="widths stays as it was.")
def test_widths_stay(student):
    """The list of widths is the same after the call."""
    widths = [4, 6, 4]
    for _ in range(2):
        equal(student.montufar_lower(2, widths), 36 * 11, "montufar_lower")
        equal(student.pascanu_lower(2, widths), 6 * 11, "pascanu_lower")
    assert widths == [4, 6, 4], "widths was changed"
