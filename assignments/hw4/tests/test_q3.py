"""Public tests of q3: mean-field theory, checked on paper and by its own equations."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close

pytestmark = pytest.mark.question("q3", timeout=20)


@pytest.mark.question(
    "q3", hint="E[1] must be 1: do your weights sum to one? And sw2 is a variance."
)
def test_relu_on_paper(student):
    """For ReLU V(q) = sw2 q / 2 + sb2, so q* = sb2 / (1 - sw2 / 2) and chi1 = sw2 / 2."""
    assert_close(student.q_star(1.0, 0.3, "relu"), 0.6, rtol=1e-4, name="q_star(1, 0.3)")
    assert_close(student.chi1(1.0, 0.3, "relu"), 0.5, rtol=1e-4, name="chi1(1, 0.3)")


@pytest.mark.question("q3", hint="Iterate V from q = 1; u = sqrt(q) z has variance q.")
def test_q_star_is_a_fixed_point(student):
    """For tanh at (2, 0.1), q* satisfies V(q) = q."""
    q = float(as_array(student.q_star(2.0, 0.1, "tanh"), name="q_star"))
    z = np.linspace(-10, 10, 20001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    square = (np.tanh(np.sqrt(max(q, 0)) * z) ** 2 * density).sum() * (z[1] - z[0])
    assert_close(q, 2.0 * square + 0.1, rtol=1e-4, name="q*, compared to V(q*),")


@pytest.mark.question("q3", hint="Without bias and below sw2 = 1 nothing survives.")
def test_a_signal_that_dies(student):
    """For tanh at (0.5, 0) the signal dies: q* = 0, and chi1 = sw2 tanh'(0)^2 = 0.5."""
    assert_close(student.q_star(0.5, 0.0, "tanh"), 0.0, atol=1e-6, name="q_star(0.5, 0)")
    assert_close(student.chi1(0.5, 0.0, "tanh"), 0.5, rtol=1e-4, name="chi1(0.5, 0)")


@pytest.mark.question("q3", hint="chi1 is taken at q*, and the derivative is squared.")
def test_order_and_chaos(student):
    """At sb2 = 0.05, tanh is ordered at sw2 = 1.3 (chi1 < 1) and chaotic at 2.5 (chi1 > 1)."""
    chi = [float(as_array(student.chi1(w, 0.05, "tanh"))) for w in (1.3, 2.5)]
    assert chi[0] < 1, f"chi1(1.3, 0.05) must be below 1, got {chi[0]:.4f}"
    assert chi[1] > 1, f"chi1(2.5, 0.05) must be above 1, got {chi[1]:.4f}"


@pytest.mark.question("q3", hint="chi1 = sw2 E[act'(u)^2]; is your quadrature fine enough there?")
def test_chi1_in_the_far_corner(student):
    """At (3, 0.5), where u is largest, chi1 is sw2 E[tanh'(u)^2] with u of your variance q*."""
    q = float(as_array(student.q_star(3.0, 0.5, "tanh"), name="q_star"))
    z = np.linspace(-10, 10, 20001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    v = np.tanh(np.sqrt(max(q, 0)) * z)
    right = 3.0 * ((1 - v**2) ** 2 * density).sum()
    assert_close(student.chi1(3.0, 0.5, "tanh"), right, rtol=2e-4, name="chi1(3, 0.5)")


@pytest.mark.parametrize("act", ["tanh", "relu"])
@pytest.mark.question("q3", hint="At c = 1 the two inputs are one: C(1) = V(q*) / q* = 1.")
def test_equal_inputs_stay_equal(student, act):
    """C(1) = 1 for both activations, and C keeps the shape of c."""
    c = np.ones((2, 3))
    assert_close(student.corr_map(c, 1.5, 0.2, act), c, rtol=0, atol=1e-4, name="C(1)")


@pytest.mark.question(
    "q3", hint="E relu(u1) relu(u2) factorises at c = 0: E relu(u) = sqrt(q / 2 pi)."
)
def test_independent_inputs_of_relu_on_paper(student):
    """For ReLU at (2, 0), where q* = 1, C(0) = 2 (E relu(z))^2 = 1 / pi, and C(-1) = 0."""
    right = np.array([1 / np.pi, 0.0])
    found = student.corr_map(np.array([0.0, -1.0]), 2.0, 0.0, "relu")
    assert_close(found, right, rtol=0, atol=1e-4, name="C(0), C(-1)")


@pytest.mark.question("q3", hint="tanh is odd: without biases C is odd too.")
def test_the_correlation_map_of_tanh_is_odd_without_biases(student):
    """For tanh with sb2 = 0, C(-c) = -C(c); for instance C(0) = 0 and C(-1) = -1."""
    c = np.array([0.0, 0.4, 1.0])
    plus, minus = (
        as_array(student.corr_map(sign * c, 2.0, 0.0, "tanh"), name="corr_map") for sign in (1, -1)
    )
    assert_close(minus, -plus, rtol=0, atol=2e-4, name="C(-c), compared to -C(c),")
    assert_close(plus[0], 0.0, rtol=0, atol=1e-4, name="C(0)")


@pytest.mark.question("q3", hint="chi1 = sw2 / 2 for ReLU; for tanh without biases q* = 0 there.")
def test_the_critical_points_without_biases(student):
    """Without biases the critical sw2 is 1 for tanh and 2 for ReLU."""
    assert_close(student.critical_sigma_w2(0.0, "tanh"), 1.0, rtol=1e-4, name="tanh")
    assert_close(student.critical_sigma_w2(0.0, "relu"), 2.0, rtol=1e-4, name="relu")


@pytest.mark.question("q3", hint="Is your chi1 at the sw2 that you return really 1?")
def test_the_critical_line_is_where_chi1_is_one(student):
    """chi1 is 1 at critical_sigma_w2(0.2), to a few times the tolerance."""
    w = float(as_array(student.critical_sigma_w2(0.2, "tanh"), name="critical_sigma_w2"))
    # A relative error of 1e-4 in sw2 changes chi1 by less than 1e-4 (its slope is below 1).
    assert_close(student.chi1(w, 0.2, "tanh"), 1.0, rtol=3e-4, name="chi1 on the critical line")
