"""Hidden tests of q2: moments, independence, and where the randomness comes from.

False rejections. Z = 6.5 standard errors of a Gaussian statistic have probability 8e-11; the mean
of n >= 40,000 squares is Gaussian enough (its skewness is (8 / n)^0.5 < 0.015, which multiplies
that tail by less than 2). A kurtosis below 3 only makes the error smaller. The chi-square bounds
have probability 1e-9 each. Together, 36 checks: below 1e-7, inside the question's budget of 1e-6.
"""

import numpy as np
import pytest
from scipy import stats

from autograder.testing import as_array, assert_finite, assert_shape

pytestmark = pytest.mark.question("q2")

Z = 6.5
VARIANCE = {
    "lecun": lambda fan_in, fan_out: 1 / fan_in,
    "xavier": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he": lambda fan_in, fan_out: 2 / fan_in,
}
SIZES = [(300, 200), (100, 900), (900, 100), (1000, 40)]


def weights(student, fan_in, fan_out, scheme, gen):
    """The weights in units of the standard deviation that they should have."""
    W = student.init_weight(fan_in, fan_out, scheme, gen)
    assert_shape(W, (fan_out, fan_in), name="the weights")
    assert_finite(W, name="the weights")
    return as_array(W).astype(float) / VARIANCE[scheme](fan_in, fan_out) ** 0.5


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", list(VARIANCE))
@pytest.mark.question(
    "q2", weight=6, hint="The variance of the scheme, for layers that narrow too."
)
def test_the_variance(student, rng, scheme, size):
    """The entries have mean 0 and the variance of the scheme, whichever size is the larger."""
    W = weights(student, *size, scheme, rng)
    assert abs(W.mean()) <= Z / W.size**0.5, "the mean is not 0"
    error = (W**2).mean() - 1
    assert abs(error) <= Z * (2 / W.size) ** 0.5, "the variance is not that of the scheme"


@pytest.mark.parametrize("scheme", list(VARIANCE))
@pytest.mark.question("q2", weight=2, hint="Mean 0; and a distribution cut off has less variance.")
def test_the_moments_of_a_large_layer(student, rng, scheme):
    """Half a million entries have mean 0 and the right variance, to one per cent."""
    W = weights(student, 1000, 500, scheme, rng)
    assert abs(W.mean()) <= Z / W.size**0.5, "the mean is not 0"
    assert abs((W**2).mean() - 1) <= Z * (2 / W.size) ** 0.5, "the variance is not right"
    assert np.abs(W).max() <= 10, "an entry is far too large"  # 5e5 * 1.5e-23 for a normal law


@pytest.mark.question("q2", weight=2, hint="Entries are independent: no row or column repeats.")
def test_rows_and_columns_are_independent(student, rng):
    """Row means, column means and row lengths scatter as those of independent entries do."""
    W = weights(student, 400, 300, "he", rng)
    rows, columns = W.mean(axis=1), W.mean(axis=0)
    for means, averaged in [(rows, 400), (columns, 300)]:
        # sums of squares of (nearly) standard normal variables
        scatter = averaged * (means**2).sum()
        assert scatter <= stats.chi2.ppf(1 - 1e-9, len(means)), "entries are not independent"
        assert scatter >= stats.chi2.ppf(1e-9, len(means)), "entries are not independent"
    # For independent entries 400 var(mean square of a row) = kurtosis - 1 >= 0.8, the uniform law's
    # value and the smallest of those allowed. Rows of one length (orthogonal ones) have 0.
    scatter = 400 * ((W**2).mean(axis=1) - 1) ** 2
    assert scatter.sum() >= 0.5 * 0.8 * stats.chi2.ppf(1e-9, 300), "all rows have the same length"
    square = weights(student, 60, 60, "he", rng)
    assert np.abs(square - square.T).max() > 1e-6, "a square layer is symmetric"
    assert len(np.unique(np.abs(square))) > 3000, "only few values occur"


@pytest.mark.question(
    "q2", weight=2, hint="gen decides everything, and it moves on with each call."
)
def test_only_the_generator_decides(student, rng):
    """The state of gen decides; the next call with it gives new weights; global state is unused."""
    seed = int(rng.integers(2**31))

    def drawn(gen):
        return weights(student, 7, 5, "xavier", gen)

    student.seed(1)
    gen = np.random.default_rng(seed)
    first, second = drawn(gen), drawn(gen)
    student.seed(2)
    assert np.array_equal(first, drawn(np.random.default_rng(seed))), "something else decides"
    assert not np.array_equal(first, second), "the second call repeats the first"
    assert not np.array_equal(first, drawn(np.random.default_rng(seed + 1))), "gen is not used"


@pytest.mark.question("q2", weight=1, hint="NumPy's and torch's global generators are not yours.")
def test_global_generators_are_left_alone(student, rng):
    """A call neither reseeds nor advances a global generator."""
    draws = []
    for calls in (0, 1):
        student.seed(5)
        if calls:
            weights(student, 6, 4, "he", rng)
        draws.append(student.draw())
    assert draws[0] == draws[1], "a global generator was touched"


@pytest.mark.question(
    "q2", weight=1, hint="Layers of one input or output, in float64; no other schemes."
)
def test_small_layers_and_unknown_schemes(student, rng):
    """One input or output works, the type is float64, an unknown scheme is a ValueError."""
    for size in [(1, 1), (1, 6), (6, 1)]:
        for scheme in VARIANCE:
            weights(student, *size, scheme, rng)
    W = as_array(student.init_weight(4, 3, "he", rng), name="the weights")
    assert W.dtype == np.float64, "the weights must be float64"
    for scheme in ("HE", "kaiming", ""):
        with pytest.raises(ValueError):
            student.init_weight(3, 2, scheme, rng)
