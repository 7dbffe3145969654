"""Hidden tests of q4: the linear system is solved, in the eigenbasis that the test has planted.

All matrices are Q diag(spectrum) Q^T with a condition number of at most 1000 after damping, so any
stable method is right to about 1e-12 of the step's length; the statement promises 1e-8.
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_shape

pytestmark = pytest.mark.question("q4")


def planted(rng, spectrum):
    """(Q, H): H symmetric with these eigenvalues and the columns of Q as eigenvectors."""
    d = len(spectrum)
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    H = (Q * spectrum) @ Q.T
    return Q, (H + H.T) / 2


def assert_step(student, w, gradient, H, damping, move):
    """newton(...) is w - move, to 1e-8 of the move's length."""
    found = student.newton(w, gradient, H, damping)
    assert_shape(found, w.shape, name="the new point")
    found = as_array(found)
    assert found.dtype == np.float64, f"the new point must be float64, got {found.dtype}"
    error = np.linalg.norm(found - (w - move))
    # The last term: w - move itself is rounded.
    allowed = 1e-8 * np.linalg.norm(move) + 1e-15 * np.linalg.norm(w)
    assert np.isfinite(error) and error <= allowed, "the step does not solve the system"


@pytest.mark.parametrize("d", [1, 2, 6, 30])
@pytest.mark.question("q4", weight=2, hint="On a quadratic one undamped step reaches the minimum.")
def test_quadratics_take_one_step(student, rng, d):
    """From anywhere, one undamped step lands on the minimiser of a quadratic."""
    _, H = planted(rng, np.geomspace(1, 500, d))
    w, minimiser = rng.normal(size=d), rng.normal(size=d)
    assert_step(student, w, H @ (w - minimiser), H, 0.0, w - minimiser)


@pytest.mark.parametrize("damping", [0.5, 3, 40.0])
@pytest.mark.question("q4", weight=2, hint="Damping shifts each eigenvalue, and nothing else.")
def test_damping(student, rng, damping):
    """In the eigenbasis each coordinate of the gradient is divided by lambda_i + damping."""
    spectrum = np.geomspace(0.2, 20, 5)
    Q, H = planted(rng, spectrum)
    w, coordinates = rng.normal(size=5), rng.normal(size=5)
    assert_step(student, w, Q @ coordinates, H, damping, Q @ (coordinates / (spectrum + damping)))


@pytest.mark.question("q4", weight=1, hint="The Hessian may have negative eigenvalues if damped.")
def test_damping_at_a_saddle(student, rng):
    """With negative eigenvalues and enough damping the step goes downhill."""
    spectrum = np.array([-3.0, -1.0, 0.0, 2.0])
    Q, H = planted(rng, spectrum)
    w, coordinates = rng.normal(size=4), rng.normal(size=4)
    assert_step(student, w, Q @ coordinates, H, 3.5, Q @ (coordinates / (spectrum + 3.5)))


@pytest.mark.parametrize("unit", [1e-6, 1e6])
@pytest.mark.question("q4", weight=1, hint="In other units: no absolute constants.")
def test_units(student, rng, unit):
    """Losses in other units: gradient, Hessian and damping are multiplied, the step is not."""
    spectrum = np.array([1.0, 5.0, 200.0])
    Q, H = planted(rng, spectrum)
    w, coordinates = rng.normal(size=3), rng.normal(size=3)
    move = Q @ (coordinates / (spectrum + 2.0))
    assert_step(student, w, unit * (Q @ coordinates), unit * H, 2.0 * unit, move)


@pytest.mark.question("q4", weight=1, hint="Nothing is written into w, grad or hess.")
def test_strided_arguments_stay_as_they_were(student, rng):
    """Strided arguments give what plain ones give, and stay as they were."""
    spectrum = np.array([1.0, 2.0, 5.0])
    Q, H = planted(rng, spectrum)
    wide, pairs = np.zeros((6, 6)), rng.normal(size=(3, 2))
    wide[::2, ::2] = H
    w, gradient, hess = pairs[:, 0], pairs[:, 1], wide[::2, ::2]
    before = [w.copy(), gradient.copy(), hess.copy()]
    move = Q @ ((Q.T @ gradient) / (spectrum + 0.5))
    for _ in range(2):
        assert_step(student, w, gradient, hess, 0.5, move)
        for old, new in zip(before, (w, gradient, hess), strict=True):
            assert np.array_equal(old, new), "an argument was changed"
