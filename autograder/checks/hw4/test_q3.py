"""Hidden tests of q3: mean-field theory against quadrature, closed forms and its own laws.

The reference integrates with a trapezoidal rule whose error is below 1e-15; it is checked against
adaptive quadrature in docs/derivations/hw4_check.py, where also the numbers below come from. The
statement promises 1e-4, relative for numbers and absolute for correlations.
"""

import math

import numpy as np
import pytest

from autograder.testing import as_array, assert_close

pytestmark = pytest.mark.question("q3", timeout=20)

RTOL = 1e-4


def number(value, name):
    array = as_array(value, name=name)
    assert array.shape == () and array.dtype.kind in "fi", f"{name} must be one number"
    return float(array)


def points(rng, count):
    """Random (sw2, sb2) away from the axes."""
    return rng.uniform([0.3, 0.02], [3.0, 0.5], size=(count, 2)).tolist()


@pytest.mark.question("q3", weight=3, hint="q* is a fixed point of V; sw2 and sb2 are variances.")
def test_q_star_of_tanh(student, rng, reference):
    """q* of tanh at random points with biases."""
    for sw2, sb2 in [*points(rng, 4), [3.0, 0.5], [0.3, 0.02]]:
        expected = reference.meanfield.q_star(sw2, sb2, "tanh")
        assert_close(student.q_star(sw2, sb2, "tanh"), expected, rtol=RTOL, name="q*")


@pytest.mark.question("q3", weight=1, hint="Near the critical point convergence takes its time.")
def test_q_star_converges_slowly_near_the_critical_point(student, reference):
    """Without biases, just above sw2 = 1, q* is small but not zero."""
    for sw2 in (1.02, 1.1):
        expected = reference.meanfield.q_star(sw2, 0.0, "tanh")
        assert_close(student.q_star(sw2, 0.0, "tanh"), expected, rtol=RTOL, name="q*")


@pytest.mark.parametrize("sw2", [0.3, 0.8])
@pytest.mark.question("q3", weight=1, hint="Below sw2 = 1 without biases: q* = 0, not an error.")
def test_a_signal_that_dies(student, sw2):
    """For tanh without biases and sw2 < 1, q* = 0 and chi1 = sw2."""
    assert_close(student.q_star(sw2, 0.0, "tanh"), 0.0, atol=1e-6, name="q*")
    assert_close(student.chi1(sw2, 0.0, "tanh"), sw2, rtol=RTOL, name="chi1")


@pytest.mark.question("q3", weight=2, hint="ReLU on paper: V(q) = sw2 q / 2 + sb2.")
def test_relu_numbers(student, rng):
    """q* = sb2 / (1 - sw2 / 2) and chi1 = sw2 / 2 for ReLU; at (2, 0) V is the identity."""
    for sw2, sb2 in [*rng.uniform([0.1, 0.01], [1.7, 1.0], size=(3, 2)).tolist(), [1.9, 0.1]]:
        q, chi = student.q_star(sw2, sb2, "relu"), student.chi1(sw2, sb2, "relu")
        assert_close(q, sb2 / (1 - sw2 / 2), rtol=RTOL, name="q*")
        assert_close(chi, sw2 / 2, rtol=RTOL, name="chi1")
    assert_close(student.q_star(2.0, 0.0, "relu"), 1.0, rtol=RTOL, name="q*")
    assert_close(student.chi1(2.0, 0.0, "relu"), 1.0, rtol=RTOL, name="chi1")


@pytest.mark.question("q3", weight=3, hint="chi1 = sw2 E[act'(u)^2] with u of variance q*, not 1.")
def test_chi1_of_tanh(student, rng, reference):
    """chi1 of tanh in both phases and at random points."""
    assert_close(student.chi1(1.3, 0.05, "tanh"), 0.8801635, rtol=RTOL, name="chi1")
    assert_close(student.chi1(2.5, 0.05, "tanh"), 1.1335157, rtol=RTOL, name="chi1")
    for sw2, sb2 in [*points(rng, 4), [3.0, 0.5]]:
        expected = reference.meanfield.chi1(sw2, sb2, "tanh")
        assert_close(student.chi1(sw2, sb2, "tanh"), expected, rtol=RTOL, name="chi1")


@pytest.mark.question("q3", weight=3, hint="C(c): variance q* on both sides, sb2 added, then / q*.")
def test_the_correlation_map_of_tanh(student, rng, reference):
    """C(c) of tanh at random correlations and points, both ends included."""
    for sw2, sb2 in [*points(rng, 3), [2.5, 0.0]]:
        c = np.array([-1.0, *rng.uniform(-1, 1, size=4), 0.0, 1.0])
        expected = reference.meanfield.corr_map(c, sw2, sb2, "tanh")
        found = student.corr_map(c, sw2, sb2, "tanh")
        assert_close(found, expected, rtol=0, atol=1e-4, name="C(c)")


@pytest.mark.question("q3", weight=2, hint="ReLU: at (2, 0), C(0) = 1 / pi and C(-1) = 0.")
def test_the_correlation_map_of_relu(student, rng):
    """C(c) of ReLU is Cho and Saul's arc-cosine formula, with and without biases."""
    c = np.array([-1.0, *rng.uniform(-1, 1, size=4), 0.0, 1.0])
    kernel = np.array([(math.sqrt(1 - t * t) + t * (math.pi - math.acos(t))) / math.pi for t in c])
    found = student.corr_map(c, 2.0, 0.0, "relu")
    assert_close(found, kernel, rtol=0, atol=1e-4, name="C(c)")
    # (sw2 q k / 2 + sb2) / q with q = sb2 / (1 - sw2 / 2)
    found = student.corr_map(c, 1.2, 0.3, "relu")
    assert_close(found, 0.6 * kernel + 0.4, rtol=0, atol=1e-4, name="C(c)")


@pytest.mark.question("q3", weight=1, hint="c may have any shape, and stays as it was.")
def test_the_shape_of_c(student, rng, reference):
    """C keeps the shape of c, strided arrays and single numbers included, and does not write."""
    wide = rng.uniform(-1, 1, size=(4, 6))
    for c in (wide[::2, ::3].T, wide[:1], np.array(0.3), np.array([0.25, 0.25])):
        before = c.copy()
        expected = reference.meanfield.corr_map(before, 1.8, 0.1, "tanh")
        found = student.corr_map(c, 1.8, 0.1, "tanh")
        assert_close(found, expected, rtol=0, atol=1e-4, name="C(c)")
        assert np.array_equal(c, before), "c was changed"


@pytest.mark.question("q3", weight=3, hint="On the line chi1 is 1, at the q* that belongs to it.")
def test_the_critical_line_of_tanh(student, rng, reference):
    """The critical sw2 at five published bias variances, and at random ones."""
    table = {0.01: 1.42421, 0.05: 1.76095, 0.1: 1.98607, 0.2: 2.28515, 0.3: 2.50513}
    for sb2, expected in table.items():
        found = student.critical_sigma_w2(sb2, "tanh")
        assert_close(found, expected, rtol=RTOL, name="the critical sw2")
    for sb2 in rng.uniform(0.01, 0.5, size=3).tolist():
        expected = reference.meanfield.critical_sigma_w2(sb2, "tanh")
        found = number(student.critical_sigma_w2(sb2, "tanh"), "critical_sigma_w2")
        assert_close(found, expected, rtol=RTOL, name="the critical sw2")


@pytest.mark.parametrize(("act", "expected"), [("tanh", 1.0), ("relu", 2.0)])
@pytest.mark.question("q3", weight=1, hint="Without biases: 1 for tanh, and for ReLU what He says.")
def test_the_critical_points_without_biases(student, act, expected):
    """Without biases the critical sw2 is 1 for tanh and 2 for ReLU."""
    found = number(student.critical_sigma_w2(0.0, act), "critical_sigma_w2")
    assert_close(found, expected, rtol=RTOL, name="the critical sw2")
