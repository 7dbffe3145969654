"""Hidden tests of q5: dropout.

False rejections: 6.5 standard errors of a binomial fraction of 1e5 trials are 1e-10, chi-square
bounds 1e-9 each, coincidences of masks 2^-60 each. About twenty checks: below 1e-7.
"""

import numpy as np
import pytest
from scipy import stats

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q5")

Z = 6.5


def dropped(student, x, p, gen, training=True):
    y = student.dropout(x, p, training, gen)
    assert_shape(y, x.shape, name="the result")
    return as_array(y)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.question("q5", weight=2, hint="Every entry is 0 or x / (1 - p), nothing else.")
def test_entries_are_zero_or_scaled(student, rng, p):
    """Every entry is 0 or x / (1 - p), for arrays of any shape."""
    for shape in [(40,), (12, 9), (3, 2, 5, 4)]:
        x = rng.normal(size=shape)
        y = dropped(student, x, p, rng)
        kept = y != 0
        assert_close(y[kept], x[kept] / (1 - p), rtol=1e-12, name="what is kept")


@pytest.mark.parametrize("p", [0.1, 0.3, 0.75])
@pytest.mark.question("q5", weight=3, hint="p is the probability of *dropping* an entry.")
def test_the_fraction_dropped(student, rng, p):
    """A fraction p of 100,000 entries is dropped, to 6.5 standard errors."""
    x = rng.uniform(1, 2, size=(250, 400))
    gone = dropped(student, x, p, rng) == 0
    assert abs(gone.mean() - p) <= Z * (p * (1 - p) / gone.size) ** 0.5, "the fraction is not p"


@pytest.mark.question("q5", weight=2, hint="Each entry has a random number of its own.")
def test_entries_are_independent(student, rng):
    """Rows and columns lose as many entries as independent coins would; no mask is used twice."""
    gone = dropped(student, np.ones((300, 400)), 0.5, rng) == 0
    for counts, trials in [(gone.sum(axis=1), 400), (gone.sum(axis=0), 300)]:
        scatter = ((counts - trials / 2) ** 2).sum() / (trials / 4)
        low, high = stats.chi2.ppf([1e-9, 1 - 1e-9], len(counts))
        assert low <= scatter <= high, "entries are not independent"
    images = dropped(student, np.ones((2, 3, 8, 8)), 0.5, rng) == 0
    flat = images.reshape(6, 64)
    assert len({row.tobytes() for row in flat}) == 6, "examples or channels share a mask"
    pixels = images.reshape(6, 64).T
    assert len({tuple(pixel) for pixel in pixels.tolist()}) > 2, "channels are dropped as a whole"
    counts = {int((dropped(student, np.ones(100), 0.5, rng) == 0).sum()) for _ in range(20)}
    assert len(counts) > 1, "always the same number is dropped"


@pytest.mark.question("q5", weight=2, hint="Inference: x itself. And p = 0, p = 1 are allowed.")
def test_inference_and_the_ends_of_the_range(student, rng):
    """At inference x comes back for every p; in training p = 0 gives x and p = 1 zeros."""
    x = rng.normal(size=(6, 5))
    for p in (0.0, 0.4, 1.0):
        found = dropped(student, x, p, rng, training=False)
        assert_close(found, x, rtol=1e-12, name="at inference")
    assert_close(dropped(student, x, 0.0, rng), x, rtol=1e-12, name="p = 0")
    assert_close(dropped(student, x, 1.0, rng), np.zeros_like(x), name="p = 1")


@pytest.mark.question(
    "q5", weight=2, hint="gen decides everything; global generators are not yours."
)
def test_only_the_generator_decides(student, rng):
    """The state of gen decides, it moves on, and global generators are left alone."""
    seed, x = int(rng.integers(2**31)), np.ones((8, 20))
    gen = np.random.default_rng(seed)
    student.seed(1)
    before = student.draw()
    student.seed(1)
    first, second = dropped(student, x, 0.5, gen), dropped(student, x, 0.5, gen)
    after = student.draw()
    student.seed(2)
    again = dropped(student, x, 0.5, np.random.default_rng(seed))
    other = dropped(student, x, 0.5, np.random.default_rng(seed + 1))
    assert np.array_equal(first, again), "something other than gen decides"
    assert not np.array_equal(first, second), "the second call repeats the first"
    assert not np.array_equal(first, other), "gen is not used"
    assert before == after, "a global generator was touched"


@pytest.mark.question("q5", weight=1, hint="x stays as it was, in training and at inference.")
def test_x_is_left_alone(student, rng):
    """x is not changed, also if it is strided."""
    x = rng.normal(size=(8, 6))[::2, ::3].T
    before = x.copy()
    for training in (True, False):
        y = dropped(student, x, 0.5, rng, training)
        kept = y != 0
        scale = 0.5 if training else 1.0
        assert_close(y[kept] * scale, before[kept], rtol=1e-12, name="what is kept")
        assert np.array_equal(x, before), "x was changed"
