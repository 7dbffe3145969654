"""Hidden tests of q2: random networks against the limit of infinite width.

Given the activations of a layer, pre-activations are normal; in wide layers the variance for input
i is q_i = sw2 |v_i|^2 / fan-in, a number of its own for each input. The limits are integrals in one
variable. Measured distances of the tolerances from finite width: benchmarks/lab_thresholds.py
stats, docs/labs.md.
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_finite, assert_shape

pytestmark = pytest.mark.question("q2", timeout=20)

NODES = np.linspace(-9, 9, 361)  # the trapezoid rule is exact to rounding for smooth functions
DENSITY = np.exp(-(NODES**2) / 2)
DENSITY /= DENSITY.sum()

CASES = {  # scheme, nonlinearity, entries of an input, their size, tolerance at layer 10
    "tiny": (0.01, "tanh", 500, 1.0, 0.1),
    "small": (0.04, "tanh", 200, 2.0, 0.1),
    "xavier": ("xavier", "tanh", 200, 1.0, 0.1),
    "saturated": (1.0, "tanh", 500, 1.0, 0.1),
    "he_tanh": ("he", "tanh", 300, 0.5, 0.1),
    "xavier_relu": ("xavier", "relu", 500, 1.0, 0.3),
    "he": ("he", "relu", 200, 3.0, 0.3),
    "small_relu": (0.05, "relu", 300, 1.0, 0.3),
}


def limits(X, depth, width, scheme, nonlinearity):
    """The standard deviations in infinite width."""
    size, fan_in, found = (X**2).mean(axis=1), X.shape[1], []
    for _ in range(depth):
        sw2 = {"xavier": 1.0, "he": 2.0}.get(scheme) or fan_in * scheme**2
        q, fan_in = sw2 * size, width
        if nonlinearity == "tanh":  # odd: the mean is zero
            size, mean = np.tanh(np.sqrt(q)[:, None] * NODES) ** 2 @ DENSITY, 0 * q
        else:  # E relu(u)^2 = q / 2, E relu(u) = sqrt(q / 2 pi)
            size, mean = q / 2, np.sqrt(q / (2 * np.pi))
        found.append(np.sqrt(size.mean() - mean.mean() ** 2))
    return np.array(found)


def measured(student, rng, case, depth, seeds=3):
    """Median over seeds of the student's numbers over their limits."""
    scheme, nonlinearity, d, scale, _ = CASES[case]
    X = scale * rng.normal(size=(100, d))
    before, ratios = X.copy(), []
    for seed in rng.choice(10**6, size=seeds, replace=False):
        found = student.activation_stats(X, depth, 500, scheme, nonlinearity, int(seed))
        assert_shape(found, (depth,))
        assert_finite(found)
        ratios.append(as_array(found) / limits(before, depth, 500, scheme, nonlinearity))
    assert np.array_equal(X, before), "X was changed"
    return np.median(ratios, axis=0)


@pytest.mark.question("q2", weight=4, hint="The first layer: fan-in, nonlinearity, np.std.")
@pytest.mark.parametrize("case", list(CASES))
def test_first_layer(student, rng, case):
    """The first layer is within 5 % of its limit."""
    assert abs(measured(student, rng, case, 1)[0] - 1) <= 0.05, "the first layer is off"


@pytest.mark.question("q2", weight=5, hint="The layers behind the first: what comes out of ten?")
@pytest.mark.parametrize("case", list(CASES))
def test_ten_layers(student, rng, case):
    """Ten layers are within 10 % (tanh) or 30 % (ReLU, nine seeds) of their limits."""
    seeds = 9 if CASES[case][1] == "relu" else 3  # ReLU's squares do a random walk over layers
    off = np.abs(measured(student, rng, case, 10, seeds) - 1).max()
    assert off <= CASES[case][-1], "a layer is off"


@pytest.mark.question("q2", weight=1, hint="What does the seed decide?")
def test_seeds(student, rng):
    """One seed gives the same bits twice, ten seeds ten results."""
    X = rng.normal(size=(8, 20))
    found = [
        as_array(student.activation_stats(X, 2, 30, "he", "tanh", seed)).tobytes()
        for seed in [*range(10), 0]
    ]
    assert found[0] == found[-1] and len(set(found)) == 10, "seeds and results do not correspond"
