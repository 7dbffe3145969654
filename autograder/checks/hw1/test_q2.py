"""Hidden tests of q2: properties that the perceptron has for every order of the visits.

Margins of separable data are planted: X is built so that a known unit vector has margin at least
gamma. The true margin can only be larger, so (R / gamma)^2 bounds the mistakes of every right
program.
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_integer, assert_shape

pytestmark = pytest.mark.question("q2", timeout=6)


def planted(rng, n, d, gamma):
    """n examples in R^d that some unit vector separates through the origin with margin >= gamma."""
    direction = rng.normal(size=d)
    direction /= np.linalg.norm(direction)
    X = rng.normal(size=(n, d))
    y = rng.choice([-1, 1], size=n)
    along = X @ direction
    X += np.outer(y * (gamma + np.abs(along)) - along, direction)
    return X, y


def novikoff(X, gamma):
    return (X**2).sum(axis=1).max() / gamma**2


def checked(student, X, y, max_epochs):
    """The student's result, after its form has been checked."""
    result = student.perceptron(X, y, max_epochs)
    assert isinstance(result, tuple | list) and len(result) == 3, "three results are needed"
    w, mistakes, converged = result
    assert_shape(w, (X.shape[1],), name="w")
    assert_integer(mistakes, name="mistakes")
    assert isinstance(converged, bool | np.bool_), "converged must be True or False"
    return as_array(w).astype(float), int(mistakes), bool(converged)


def assert_updates(X, y, w, mistakes):
    """w is made of whole numbers of additions of y_i x_i, which add up to the mistakes.

    The columns (y_i x_i, 1) must be independent, so that w and mistakes determine the numbers.
    """
    columns = np.vstack([(y[:, None] * X).T, np.ones(len(y))])
    sums = np.append(w, mistakes)
    alpha = np.linalg.lstsq(columns, sums, rcond=None)[0]
    # A float64 sum of some dozens of numbers near 1 is off by 1e-14, one in float32 by 1e-8.
    assert_close(columns @ alpha, sums, rtol=0, atol=1e-12, name="w and mistakes")
    assert_close(alpha, np.round(alpha), rtol=0, atol=1e-6, name="the weights of the examples")
    assert (alpha > -0.5).all(), "w is not the sum of the examples that were mistaken"


def assert_solves(student, X, y, bound):
    """All examples end up right within `bound` mistakes, so within bound + 1 passes."""
    w, mistakes, converged = checked(student, X, y, int(bound) + 2)
    assert converged, "separable data must converge"
    assert (y * (X @ w) > 0).all(), "an example is wrong at the end"
    assert 1 <= mistakes <= bound, "the number of mistakes breaks Novikoff's bound"
    return w, mistakes


@pytest.mark.parametrize(("n", "d"), [(1, 1), (1, 5), (40, 3), (7, 20), (100, 2)])
@pytest.mark.question("q2", weight=3, hint="On separable data: all right, within Novikoff's bound.")
def test_separable_data(student, rng, n, d):
    """Separable data of any shape end up right, within Novikoff's bound."""
    X, y = planted(rng, n, d, gamma=0.3)
    assert_solves(student, X, y, novikoff(X, 0.3))


@pytest.mark.parametrize(("n", "d"), [(2, 2), (6, 6), (5, 9)])
@pytest.mark.question(
    "q2", weight=3, hint="Each mistake adds exactly y_i x_i: mistakes counts these additions."
)
def test_w_is_a_sum_of_mistaken_examples(student, rng, n, d):
    """w is the sum of alpha_i y_i x_i with whole alpha_i >= 0 that add up to the mistakes."""
    # X is an orthonormal set plus noise of spectral norm at most 0.3 sqrt(n d) / n < 0.41, so its
    # rows are independent, w determines the alpha_i, and solving for them loses less than a digit.
    X = np.eye(n, d) + rng.uniform(-0.3, 0.3, size=(n, d)) / n
    y = rng.choice([-1, 1], size=n)
    w, mistakes, converged = checked(student, X, y, 10_000)
    assert converged, "independent examples are separable through the origin"
    assert (y * (X @ w) > 0).all(), "an example is wrong at the end"
    assert_updates(X, y, w, mistakes)


@pytest.mark.question(
    "q2", weight=2, hint="Orthogonal examples: one mistake each; a repeated one is right already."
)
def test_orthogonal_and_repeated_examples(student, rng):
    """n orthogonal examples take n mistakes in any order, also if each of them occurs thrice."""
    n, d = 7, 11
    X = np.zeros((n, d))
    X[np.arange(n), rng.permutation(d)[:n]] = rng.choice([0.5, 1.0, 2.0], size=n)
    y = rng.choice([-1, 1], size=n)
    for order in (np.arange(n), rng.permutation(np.tile(np.arange(n), 3))):
        w, mistakes, converged = checked(student, X[order], y[order], 5)
        assert converged and mistakes == n, "orthogonal examples need one mistake each"
        assert_close(w, y @ X, name="w")


@pytest.mark.parametrize("max_epochs", [1, 17])
@pytest.mark.question("q2", weight=2, hint="Non-separable data: return after max_epochs passes.")
def test_xor_stops_without_converging(student, rng, max_epochs):
    """On XOR with a bias column it stops after max_epochs passes, with a mistake in each."""
    X = np.array([[0.0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    order = rng.permutation(4)
    X, y = X[order], np.array([-1, 1, 1, -1])[order]
    w, mistakes, converged = checked(student, X, y, max_epochs)
    assert not converged, "XOR cannot converge"
    assert max_epochs <= mistakes <= 4 * max_epochs, "1 to 4 mistakes are possible in each pass"
    assert_updates(X, y, w, mistakes)


@pytest.mark.question("q2", weight=1, hint="No bias: the hyperplane passes through the origin.")
def test_no_bias_is_added(student):
    """Data that only an affine hyperplane separates do not converge."""
    X, y = np.array([[1.0], [2.0]]), np.array([1, -1])
    w, mistakes, converged = checked(student, X, y, 50)
    assert not converged, "these data are not separable through the origin"
    assert w.shape == (1,), "w has one entry per feature"
    assert_updates(X, y, w, mistakes)


@pytest.mark.question("q2", weight=1, hint="A narrow margin needs many passes: use max_epochs.")
def test_a_narrow_margin_takes_many_passes(student):
    """Two nearly parallel examples with opposite labels take 89 mistakes or more, in any order."""
    golden, height = (1 + 5**0.5) / 2, 1 / 64
    X, y = np.array([[1.0, height], [golden, -height]]), np.array([1, -1])
    # a and b mistakes give w = (a - golden b, (a + b) height). Among all a + b < 89 none is right
    # on both examples (enumerated; golden has no good approximation a / b by small numbers), and
    # (55, 34) is. (0, 1) has margin 1/64, so Novikoff allows (1 + golden) * 64^2 + 1 < 10_800.
    w, mistakes, converged = checked(student, X, y, 11_000)
    assert converged and (y * (X @ w) > 0).all(), "the data are separable"
    assert 89 <= mistakes <= 10_800, "no right program stops so early, or so late"


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.question("q2", weight=1, hint="Multiplying all data by c changes nothing: q1 (d).")
def test_units_do_not_matter(student, rng, scale):
    """Tiny and huge data converge within the same bound."""
    X, y = planted(rng, 30, 4, gamma=0.3)
    assert_solves(student, scale * X, y, novikoff(X, 0.3))


@pytest.mark.question("q2", weight=1, hint="X may be a strided view of a larger array.")
def test_strided_data(student, rng):
    """Non-contiguous X and y give what contiguous copies give."""
    X, y = planted(rng, 20, 6, gamma=0.3)
    big = np.zeros((40, 12))
    big[::2, ::2] = X
    strided, labels = big[::2, ::2], np.repeat(y, 3)[::3]
    w, mistakes = assert_solves(student, strided, labels, novikoff(X, 0.3))
    w_plain, mistakes_plain, _ = checked(student, X, y, 10_000)
    assert mistakes == mistakes_plain, "the same data, another result"
    assert_close(w, w_plain, rtol=1e-9, atol=1e-9, name="w")


@pytest.mark.question("q2", weight=1, hint="Do not change X or y; do not use global random state.")
def test_pure_and_repeatable(student, rng):
    """Two identical calls return the same and leave X and y as they were."""
    X, y = planted(rng, 15, 3, gamma=0.2)
    X_before, y_before = X.copy(), y.copy()
    student.seed(1)
    first = checked(student, X, y, 1_000)
    checked(student, -X[:4], y[:4], 3)  # a call on other data in between leaves nothing behind
    student.seed(2)
    second = checked(student, X, y, 1_000)
    assert np.array_equal(X, X_before) and np.array_equal(y, y_before), "an argument was changed"
    student.seed(3)
    untouched = student.draw()
    student.seed(3)
    checked(student, X, y, 1_000)
    assert student.draw() == untouched, "the global random state was used or reseeded"
    assert_close(second[0], first[0], name="w at the second call")
    assert second[1:] == first[1:], "the second call returned something else"
