"""Hidden tests of q6: Cover's numbers, the Boolean threshold functions, and margins.

Decisions are compared with facts that need no solver: planted hyperplanes for "yes", convex
combinations that coincide for "no", and published counts.
"""

from itertools import product
from math import comb

import numpy as np
import pytest

pytestmark = pytest.mark.question("q6", timeout=15)


def count(student, n, d):
    found = student.cover_count(n, d)
    assert isinstance(found, int | np.integer), "a whole number is needed"
    return int(found)


def decision(student, X, y):
    y = np.array(y)
    before = y.copy()
    answer = student.is_separable(X, y)
    assert isinstance(answer, bool | np.bool_), "True or False is needed"
    assert np.array_equal(y, before), "y was changed"
    return bool(answer)


@pytest.mark.parametrize(
    ("n", "d", "value"), [(6, 2, 32), (6, 4, 62), (4, 2, 14), (10, 1, 20), (5, 4, 32), (1, 7, 2)]
)
@pytest.mark.question(
    "q6", weight=1, hint="Affine hyperplanes: how many coordinates has the lifted point (x, 1)?"
)
def test_small_counts(student, reference, n, d, value):
    """Small counts are Cover's numbers."""
    assert count(student, n, d) == value == reference.linear.cover_count(n, d)


@pytest.mark.question("q6", weight=1, hint="Large n: integers of hundreds of digits, exactly.")
def test_large_counts_are_exact(student, rng):
    """Large counts are exact: the recursion, the half at n = 2(d + 1), all for few points."""
    n, d = int(rng.integers(300, 400)), int(rng.integers(60, 90))
    assert count(student, n + 1, d) == count(student, n, d) + count(student, n, d - 1)
    assert count(student, n, d) == 2 * sum(comb(n - 1, k) for k in range(d + 1))
    assert count(student, 2 * d + 2, d) == 2 ** (2 * d + 1)
    assert count(student, d + 1, d) == 2 ** (d + 1)


@pytest.mark.parametrize(("n", "number"), [(2, 14), (3, 104)])
@pytest.mark.question("q6", weight=1, hint="Boolean functions: 14 of 16, 104 of 256 are separable.")
def test_boolean_threshold_functions(student, n, number):
    """Of the Boolean functions of 2 and 3 variables 14 and 104 are separable."""
    corners = np.array(list(product((0.0, 1.0), repeat=n)))
    # y and -y are separable together, so half of the labellings are enough.
    labels = ([1, *rest] for rest in product((-1, 1), repeat=2**n - 1))
    assert 2 * sum(decision(student, corners, y) for y in labels) == number


@pytest.mark.parametrize(("n", "d"), [(6, 2), (5, 1), (6, 3)])
@pytest.mark.question("q6", weight=1, hint="Points in general position: the count is Cover's.")
def test_the_decisions_add_up_to_the_count(student, rng, n, d):
    """Random points have as many separable labellings as Cover's formula says."""
    # On the moment curve (t, t^2, ..., t^d) any d + 1 points are affinely independent.
    t = np.linspace(-1, 1, n) + rng.uniform(-0.1, 0.1, size=n) / n
    X = rng.permutation(t)[:, None] ** np.arange(1, d + 1)
    labels = ([1, *rest] for rest in product((-1, 1), repeat=n - 1))
    found = 2 * sum(decision(student, X, y) for y in labels)
    assert found == 2 * sum(comb(n - 1, k) for k in range(d + 1))


@pytest.mark.question("q6", weight=1, hint="Touching sets are not separated; neither is one point.")
def test_touching_sets(student):
    """Point sets whose convex hulls meet in one point are not separable."""
    plane = np.array([[0.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    assert not decision(student, plane, [1, -1, -1, 1])  # (0, 0) lies between the two
    twice = np.array([[2.0, 1.0], [0.0, 0.0], [2.0, 1.0]])
    assert not decision(student, twice, [1, 1, -1])  # one point with both labels
    line = np.array([[0.0], [1.0], [1.0], [2.0]])
    assert not decision(student, line, [-1, -1, 1, 1])


@pytest.mark.question("q6", weight=1, hint="Separable with a margin of 1/1000 is separable.")
def test_narrow_margins(student, rng):
    """Data of margin 1/1000 are separable, although a perceptron needs very many updates."""
    n, d, gap = 30, 3, 1e-3
    normal = rng.normal(size=d)
    normal /= np.linalg.norm(normal)
    X = rng.uniform(-1, 1, size=(n, d))
    y = np.where(np.arange(n) < n // 2, 1, -1)
    X += np.outer(0.3 + y * gap * (1 + (np.arange(n) % 7 > 4)) - X @ normal, normal)
    assert decision(student, X, y), "a hyperplane was planted"
    inside = np.vstack([X, X[y == 1].mean(axis=0)])  # the mean of one class, with the other label
    assert not decision(student, inside, np.append(y, -1)), "the hulls meet"


@pytest.mark.question("q6", weight=1, hint="The bias is free; one example, one class, one feature.")
def test_bias_and_edge_cases(student, rng):
    """The hyperplane need not pass through the origin; smallest cases have answers."""
    assert decision(student, np.array([[1.0], [2.0]]), [1, -1])
    assert decision(student, np.array([[5.0, 5.0], [6.0, 6.0], [7.0, 7.0]]), [-1, -1, 1])
    assert not decision(student, np.array([[5.0], [6.0], [7.0]]), [-1, 1, -1])
    assert decision(student, np.array([[0.0, 0.0]]), [-1])
    assert decision(student, rng.normal(size=(9, 2)), [-1] * 9)


@pytest.mark.question("q6", weight=1, hint="Shifts, units, strides: none changes the answer.")
def test_invariance_and_purity(student, rng):
    """Shifting, scaling and striding the data changes no answer, and X stays as it was."""
    corners = np.array(list(product((0.0, 1.0), repeat=2)))
    for y, answer in [([-1, 1, 1, -1], False), ([-1, -1, -1, 1], True)]:
        for scale, shift in [(1e3, 0.0), (1e-3, 0.0), (1.0, 100.0), (-2.0, 3.0)]:
            X = np.repeat(scale * corners + shift, 2, axis=1)[:, ::2]
            before, order = X.copy(), rng.permutation(4)
            assert decision(student, X, y) is answer, "an invariance is broken"
            assert np.array_equal(X, before), "X was changed"
            assert decision(student, X[order], np.array(y)[order]) is answer
