"""Public tests of q2: the interpolating network."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_finite, assert_shape

pytestmark = pytest.mark.question("q2")


def network(student, f, a, b, N):
    """The student's network as a function of an array, after its form has been checked."""
    result = student.relu_interpolant(f, a, b, N)
    assert isinstance(result, tuple | list), "relu_interpolant must return (c, alpha, knots)"
    assert len(result) == 3, f"expected three results, got {len(result)}"
    for value, shape, name in zip(result, [(), (N,), (N,)], ["c", "alpha", "knots"], strict=True):
        assert_shape(value, shape, name=name)
        assert_finite(value, name=name)
    c, alpha, knots = (as_array(value) for value in result)
    return lambda x: c + np.maximum(np.asarray(x)[..., None] - knots, 0) @ alpha


@pytest.mark.question("q2", hint="N units: one at a, one at each inner node. f is nan outside.")
def test_the_result_has_the_right_form(student):
    """The result is (c, alpha, knots) with N coefficients and N knots."""
    network(student, lambda x: np.cos(x) if 0.5 <= x <= 2.0 + 1e-12 else np.nan, 0.5, 2.0, 7)


@pytest.mark.question("q2", hint="At x = a every unit is off: what is left of the network there?")
def test_a_constant_is_reproduced(student):
    """The function that is 5 everywhere on [1, 2] is reproduced."""
    F = network(student, lambda x: 5.0 + 0 * x, 1.0, 2.0, 3)
    assert_close(F(np.array([1.0, 1.3, 2.0])), np.full(3, 5.0), name="F")


@pytest.mark.question("q2", hint="f'' = 0: the bound leaves no error. Is the first unit's knot a?")
def test_a_line_is_reproduced(student):
    """The function 1 + 2 x on [-3, -1] is reproduced at the ends and in between."""
    F = network(student, lambda x: 1.0 + 2.0 * x, -3.0, -1.0, 4)
    x = np.array([-3.0, -2.9, -2.0, -1.2, -1.0])
    assert_close(F(x), 1 + 2 * x, atol=1e-9, name="F")


@pytest.mark.question("q2", hint="Sketch F: a coefficient is a *change* of slope.")
def test_a_parabola_with_two_units(student):
    """With two units the error for x^2 on [0, 2] is at most h^2 * 2 / 8 = 1/4."""
    F = network(student, lambda x: x * x, 0.0, 2.0, 2)
    x = np.linspace(0.0, 2.0, 41)
    error = np.abs(F(x) - x**2).max()
    assert error <= 0.25 + 1e-9, f"the error is {error:.5f}, the bound 0.25"


@pytest.mark.question("q2", hint="The bound is h^2 max|f''| / 8 with h = (b - a) / N.")
def test_the_sine_of_the_lecture(student):
    """sin on [-pi, pi] with 20 units has an error of at most h^2 / 8 = 0.01234."""
    F = network(student, np.sin, -np.pi, np.pi, 20)
    x = np.linspace(-np.pi, np.pi, 2001)
    error, bound = np.abs(F(x) - np.sin(x)).max(), (2 * np.pi / 20) ** 2 / 8
    assert error <= bound, f"the error is {error:.5f}, the bound {bound:.5f}"
