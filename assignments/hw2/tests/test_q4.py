"""Public tests of q4: Newton's step."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q4")

A = np.array([[4.0, 1.0], [1.0, 3.0]])


@pytest.mark.question("q4", hint="Newton subtracts the solution of the linear system.")
def test_one_step_solves_a_quadratic(student):
    """On w'Aw/2 - b'w one step from anywhere lands on the minimiser."""
    minimiser, w = np.array([1.0, -2.0]), np.array([5.0, 7.0])
    gradient = A @ (w - minimiser)
    assert_close(student.newton(w, gradient, A, 0.0), minimiser, rtol=1e-8)


@pytest.mark.question("q4", hint="The damping goes on the diagonal of the Hessian.")
def test_damping_by_hand(student):
    """Hessian ((4, 1), (1, 3)), damping 1, gradient (7, 9): the step is (1, 2)."""
    w = np.array([0.0, 10.0])
    assert_close(student.newton(w, np.array([7.0, 9.0]), A, 1.0), w - [1.0, 2.0], rtol=1e-8)


@pytest.mark.question("q4", hint="Large damping makes a short gradient step.")
def test_damping_may_outweigh_a_negative_curvature(student):
    """With the Hessian diag(-1, 2) and damping 3 the step is (g1 / 2, g2 / 5)."""
    w, g = np.array([1.0, 1.0]), np.array([2.0, 5.0])
    assert_close(student.newton(w, g, np.diag([-1.0, 2.0]), 3.0), [0.0, 0.0], atol=1e-12)


@pytest.mark.question("q4", hint="`hess[i, i] += damping` changes the caller's matrix.")
def test_the_arguments_stay_as_they_were(student):
    """w, grad and hess are the same after the call."""
    w, g, H = np.array([1.0, 2.0]), np.array([3.0, 4.0]), A.copy()
    student.newton(w, g, H, 0.5)
    assert w.tolist() == [1.0, 2.0] and g.tolist() == [3.0, 4.0], "w or grad was changed"
    assert np.array_equal(H, A), "hess was changed"
