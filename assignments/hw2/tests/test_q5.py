"""Public tests of q5: limits of gradient descent that you can compute by hand."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

FORBIDDEN = [
    f"{module}.{name}"
    for module in ("numpy.linalg", "torch.linalg")
    for name in ("pinv", "lstsq", "solve", "inv", "svd", "qr", "eig", "eigh")
    + ("tensorinv", "tensorsolve", "inv_ex", "solve_ex", "solve_triangular", "lu_solve")
]
FORBIDDEN += [f"torch.{name}" for name in ("pinverse", "inverse", "svd", "qr", "lu_solve")]
FORBIDDEN += ["torch.cholesky_inverse", "torch.cholesky_solve", "torch.triangular_solve"]
FORBIDDEN += [".pinverse", ".inverse", ".svd", ".qr", ".I"]
FORBIDDEN += ["scipy.linalg", "scipy.sparse.linalg", "scipy.optimize", "sklearn"]
pytestmark = pytest.mark.question("q5", forbid=FORBIDDEN, timeout=30)


def solution(student, A, b):
    """The student's result, after its form has been checked."""
    w = student.least_squares_gd(A, b)
    assert_shape(w, (A.shape[1],), name="the result")
    return as_array(w)


@pytest.mark.question("q5", hint="From w = 0 gradient descent never leaves the span of the rows.")
def test_one_equation_in_two_unknowns(student):
    """Of all solutions of w1 + 2 w2 = 5 gradient descent from 0 finds (1, 2)."""
    w = solution(student, np.array([[1.0, 2.0]]), np.array([5.0]))
    assert_close(w, [1.0, 2.0], rtol=1e-6)


@pytest.mark.question("q5", hint="Do not wait for a loss of 0: there may be no solution.")
def test_equations_without_a_solution(student):
    """For w = 1 and w = 2 at once the limit is the mean, 1.5."""
    w = solution(student, np.array([[1.0], [1.0]]), np.array([1.0, 2.0]))
    assert_close(w, [1.5], rtol=1e-6)


@pytest.mark.question("q5", hint="Enough steps for singular values that differ by a factor of 10.")
def test_slow_directions_arrive_too(student):
    """With singular values 1 and 10 both coordinates arrive."""
    w = solution(student, np.diag([10.0, 1.0]), np.array([20.0, 3.0]))
    assert_close(w, [2.0, 3.0], rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
@pytest.mark.question(
    "q5", hint="The rate depends on A: below 2 over the largest eigenvalue of A'A."
)
def test_the_units_do_not_matter(student, unit):
    """In other units of A the answer is the same, in other units."""
    w = solution(student, unit * np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([5.0, 5.0]))
    assert_close(w, np.array([1.0, 2.0]) / unit, rtol=1e-5)


@pytest.mark.question("q5", hint="No `b -= ...`, no `A /= ...` on the arguments.")
def test_the_arguments_stay_as_they_were(student):
    """A and b are the same after the call."""
    A, b = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([1.0, -1.0])
    A_before, b_before = A.copy(), b.copy()
    student.least_squares_gd(A, b)
    assert np.array_equal(A, A_before) and np.array_equal(b, b_before), "an argument was changed"
