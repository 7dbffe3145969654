"""Hidden tests of q3: the trapezoid rule on a dense grid, which shares nothing with Gauss's nodes.

For functions analytic in a strip around the line the error of the rule falls exponentially with
1/step; at step 0.1 it is far below 1e-6 (docs/derivations/lab2_check.py).
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_finite, assert_shape

pytestmark = pytest.mark.question("q3", timeout=20)

NODES = np.linspace(-8, 8, 161)
DENSITY = np.exp(-(NODES**2) / 2)
DENSITY /= DENSITY.sum()

STARTS = {  # qa, qb, c, sw2, sb2, depth
    "ordered": (0.3, 1.7, 0.2, 0.8, 0.1, 20),
    "critical": (1.0, 0.5, 0.5, 1.76, 0.05, 30),
    "chaotic": (0.7, 1.4, 0.9, 3.5, 0.05, 30),
    "no_bias": (0.1, 2.0, -0.5, 4.0, 0.0, 12),
    "opposite": (1.2, 1.2, -1.0, 2.0, 0.3, 8),
    "equal": (0.4, 2.5, 1.0, 1.3, 0.5, 10),
    "one_step": (2.5, 0.01, 0.7, 2.5, 0.2, 1),
}
POINTS = {  # sw2, sb2
    "deep_order": (0.3, 0.02),
    "order": (1.0, 0.1),
    "near_order": (1.5, 0.1),
    "near_chaos": (2.5, 0.05),
    "chaos": (3.0, 0.1),
    "deep_chaos": (4.0, 0.02),
    "large_biases": (3.0, 0.3),
}


def product(qa, qb, c, function=np.tanh):
    ua = np.sqrt(qa) * NODES[:, None]
    ub = np.sqrt(qb) * (c * NODES[:, None] + np.sqrt(max(0.0, 1 - c * c)) * NODES)
    return float(DENSITY @ (function(ua) * function(ub)) @ DENSITY)


def step(qa, qb, c, sw2, sb2):
    new_a, new_b = (sw2 * float(DENSITY @ np.tanh(np.sqrt(q) * NODES) ** 2) + sb2 for q in (qa, qb))
    return new_a, new_b, (sw2 * product(qa, qb, c) + sb2) / np.sqrt(new_a * new_b)


def expected_scale(sw2, sb2):
    """From the slope of the correlation map at the fixed point that is approached from 1/2."""
    qa, qb, c = 1.0, 1.0, 0.5
    for _ in range(400):  # at least 20 depth scales
        before, (qa, qb, c) = c, step(qa, qb, c, sw2, sb2)
        c = min(c, 1.0)
        if abs(c - before) < 1e-12:
            break
    return -1 / np.log(sw2 * product(qa, qa, c, lambda u: np.cosh(u) ** -2.0))


@pytest.mark.question("q3", weight=6, hint="Compare a step with the three formulas.")
@pytest.mark.parametrize("name", list(STARTS))
def test_propagate(student, name):
    """All rows are right, from starts that are not fixed points, in both phases."""
    qa, qb, c, sw2, sb2, depth = STARTS[name]
    found = student.propagate(qa, qb, c, sw2, sb2, depth)
    assert_shape(found, (depth + 1, 3))
    assert_finite(found)
    rows = [(qa, qb, c)]
    for _ in range(depth):
        rows.append(step(*rows[-1], sw2, sb2))
    off = np.abs(as_array(found).astype(float) - np.array(rows))
    off[:, :2] /= np.array(rows)[:, :2]
    assert off.max() <= 1e-4, "a row is off"


@pytest.mark.question("q3", weight=6, hint="The slope belongs to the fixed point that attracts.")
@pytest.mark.parametrize("name", list(POINTS))
def test_depth_scale(student, name):
    """The depth scale is right in both phases."""
    found = student.depth_scale(*POINTS[name])
    assert_shape(found, (), name="depth scale")
    assert_finite(found)
    value = float(as_array(found))
    assert abs(value / expected_scale(*POINTS[name]) - 1) <= 1e-3, "the depth scale is off"
