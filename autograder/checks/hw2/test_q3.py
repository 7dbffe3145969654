"""Hidden tests of q3: Hessian-vector products and the algebraically largest eigenvalue.

Functions are built in the student's process from plain data (quadratics, cosine sums, a network);
the expected values come from closed forms that use no automatic differentiation: A itself,
-B^T diag(c cos(B w)) B, and `reference.hessian.mlp_hessian`.

Tolerances. hvp: rounding errors are about 1e-15 times the sum of the moduli of the terms, which is
below 1e4 times the largest entry in every test here; the statement promises 1e-8.
top_eigenvalue: with c = max |lambda|, every spectrum here has
(lambda_2 + c) <= 0.85 (lambda_1 + c). From a normal start in R^d, d <= 40, tan^2 of the angle to
the first eigenvector exceeds 1e16 with probability below 1e-7 (P(|z| < x) < 0.8 x, and the rest is
below 100). After 200 shifted power iterations the Rayleigh quotient is too small by at most
0.85^400 * 1e16 = 6e-13 of the spread: nothing, compared with 1e-3. Lanczos is never worse. Where
eigenvalues have both signs, the smaller of the largest moduli is at most 0.9 of the larger, and
0.9^400 * 1e16 = 5e-3: plain iterations learn the sign of the larger one. The
test with 20,000 parameters has four eigenvalues other than 0: tan^2 is below 1e19, still nothing.
Nor is it in the 300 dimensions where 200 iterations end before the space does: the rest is below
1000 there (a chi-square of 300), tan^2 below 1e17 and the error below 6e-12.
"""

import numpy as np
import pytest
import torch

from autograder.testing import as_array, assert_close, assert_shape, kit

pytestmark = pytest.mark.question("q3", timeout=20)

ITERS = 200


def tensor(array):
    return torch.tensor(np.asarray(array), dtype=torch.float64)


def product(student, f, w, v):
    """The student's Hessian-vector product as an array, after its form has been checked."""
    result = student.hvp(f, tensor(w), tensor(v))
    assert_shape(result, np.shape(w), name="the product")
    assert not getattr(result, "requires_grad", False), "the product must not carry a graph"
    array = as_array(result)
    assert array.dtype == np.float64, f"the product must be float64, got {array.dtype}"
    return array


def assert_product(student, f, w, v, right):
    found = product(student, f, w, v)
    assert_close(found, right, rtol=1e-8, atol=1e-8 * np.abs(right).max(), name="the product")


def top(student, f, w, rng):
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    result = student.top_eigenvalue(f, tensor(w), ITERS, generator)
    assert_shape(result, (), name="the eigenvalue")
    return float(as_array(result))


def assert_top(student, f, w, H, rng):
    assert_close(
        top(student, f, w, rng), np.linalg.eigvalsh(H)[-1], rtol=1e-3, name="the eigenvalue"
    )


def with_spectrum(rng, spectrum):
    """A symmetric matrix with these eigenvalues and random eigenvectors."""
    Q = np.linalg.qr(rng.normal(size=(len(spectrum), len(spectrum))))[0]
    A = Q @ np.diag(spectrum) @ Q.T
    return (A + A.T) / 2


def cosine_hessian(B, c, w):
    return -B.T @ np.diag(c * np.cos(B @ w)) @ B


def separated(H):
    """Whether 200 power iterations are enough for H, plain and shifted, as the statement says."""
    values = np.linalg.eigvalsh(H)
    low, high = values[0], values[-1]
    c = max(-low, high)
    if low < 0 < high and min(-low, high) > 0.9 * c:
        return False  # the first stage of Hint 2 would not learn which sign is the larger
    # Also: the answer is not small compared with the spread, so that 1e-3 of it is no trifle.
    return values[-2] + c <= 0.85 * (high + c) and abs(high) >= 0.05 * c


def random_network(rng, reference, n, d, hidden):
    """Data, parameters and Hessian of a random network with residuals of size two: X, y, w, H."""
    X, y = rng.normal(size=(n, d)), 2 * rng.normal(size=n)
    W1, b1 = rng.normal(size=(hidden, d)), rng.normal(size=hidden)
    W2, b2 = rng.normal(size=(1, hidden)), rng.normal(size=1)
    H = reference.hessian.mlp_hessian([W1, W2], [b1, b2], X, y[:, None], "tanh", "square")
    return X, y, np.concatenate([W1.ravel(), b1, W2.ravel(), b2]), H


@pytest.mark.question("q3", weight=1, hint="Quadratics: the Hessian is the same everywhere.")
def test_hvp_of_quadratics(student, rng):
    """Quadratics of several sizes, d = 1 among them, and a matrix that is not symmetric."""
    for d in (1, 2, 7):
        A, b = with_spectrum(rng, rng.normal(size=d)), rng.normal(size=d)
        v = rng.normal(size=d)
        f = student.make(kit.quadratic, matrix=A, offset=b)
        assert_product(student, f, rng.normal(size=d), v, A @ v)
    A, v = rng.normal(size=(5, 5)), rng.normal(size=5)
    f = student.make(kit.quadratic, matrix=A)  # w'Aw/2 has the Hessian (A + A') / 2
    assert_product(student, f, rng.normal(size=5), v, (A + A.T) @ v / 2)


@pytest.mark.question("q3", weight=1, hint="The Hessian is taken at w, and v need not be short.")
def test_hvp_of_cosines(student, rng):
    """Cosine sums at random points, with long and short v."""
    for scale in (1.0, 1e6, 1e-6):
        B, c = rng.normal(size=(6, 4)), rng.normal(size=6)
        w, v = rng.normal(size=4), scale * rng.normal(size=4)
        assert_product(student, student.cosine_sum(B, c), w, v, cosine_hessian(B, c, w) @ v)


@pytest.mark.question("q3", weight=2, hint="Networks: all second derivatives, the mixed ones too.")
def test_hvp_of_networks(student, rng, reference):
    """Networks with residuals that are not small."""
    for n, d, hidden in [(5, 3, 4), (1, 1, 1), (8, 2, 6)]:
        X, y, w, H = random_network(rng, reference, n, d, hidden)
        v = rng.normal(size=len(w))
        assert_product(student, student.network_loss(X, y, hidden), w, v, H @ v)


@pytest.mark.question("q3", weight=1, hint="Exact means: no difference quotients, no float32.")
def test_hvp_of_a_fast_oscillation(student, rng):
    """cos(1000 <b, w>): the third derivative is 1000 times the second."""
    # The argument of the cosine is about 2000, known to 2e-13, so the product to about 1e-12.
    B, v = 1e3 * rng.uniform(0.5, 1.0, size=(1, 3)), rng.uniform(0.5, 1.0, size=3)
    w = rng.uniform(0.5, 1.0, size=3)
    w = w + B[0] * (0.7 - (B[0] @ w) % (2 * np.pi)) / (B[0] @ B[0])  # the phase is 0.7 now
    c = np.ones(1)
    assert_product(student, student.cosine_sum(B, c), w, v, cosine_hessian(B, c, w) @ v)


@pytest.mark.question("q3", weight=1, hint="A product, not a Hessian: 20,000 parameters are few.")
def test_hvp_with_many_parameters(student, rng):
    """20,000 parameters; arguments unchanged, no graph, the same result twice."""
    d = 20_000
    B, c = rng.normal(size=(4, d)) / np.sqrt(d), rng.normal(size=4)
    w, v = tensor(rng.normal(size=d)), tensor(rng.normal(size=d))
    w_before, v_before = w.clone(), v.clone()
    f = student.cosine_sum(B, c)
    right = -B.T @ (c * np.cos(B @ w.numpy()) * (B @ v.numpy()))
    for _ in range(2):
        found = student.hvp(f, w, v)
        assert_close(found, right, rtol=1e-8, atol=1e-8 * np.abs(right).max(), name="the product")
        assert torch.equal(w, w_before) and torch.equal(v, v_before), "an argument was changed"


SPECTRA = [
    (5.0, 2.0, 1.0, 0.5, 0.1),
    (2.0, 0.3, 0.1, -1.0, -8.0),
    (1.0, -0.5, -0.7, -1.0, -1.2),
    (9.0, 6.0, -3.0),
    (1.0, *np.linspace(-0.5, 0.65, 299)),  # more dimensions than iterations
]


@pytest.mark.question("q3", weight=2, hint="Largest with its sign: -8 is not larger than 2.")
def test_top_of_indefinite_quadratics(student, rng):
    """The largest eigenvalue, where the largest modulus may belong to a negative one."""
    for spectrum in SPECTRA:
        A = with_spectrum(rng, spectrum)
        f = student.make(kit.quadratic, matrix=A, offset=rng.normal(size=len(A)))
        assert_top(student, f, rng.normal(size=len(A)), A, rng)


@pytest.mark.question("q3", weight=1, hint="All eigenvalues may be negative.")
def test_top_of_negative_definite_quadratics(student, rng):
    """At a maximum the answer is the negative eigenvalue nearest to 0."""
    for spectrum in [(-1.0, -4.0, -9.0), (-2.0, -8.0), (-0.5, -1.5, -2.0, -3.0)]:
        A = with_spectrum(rng, spectrum)
        f = student.make(kit.quadratic, matrix=A)
        assert_top(student, f, rng.normal(size=len(A)), A, rng)


@pytest.mark.question("q3", weight=2, hint="The whole Hessian at w, not its Gauss-Newton part.")
def test_top_of_networks(student, rng, reference):
    """Networks with large residuals, at points where Hessian and Gauss-Newton matrix differ."""
    for n, d, hidden in [(6, 2, 3), (4, 3, 5)]:
        for _ in range(1000):
            X, y, w, H = random_network(rng, reference, n, d, hidden)
            if separated(H):
                break
        assert_top(student, student.network_loss(X, y, hidden), w, H, rng)


@pytest.mark.question(
    "q3", weight=1, hint="No fixed start: ones and e_1 are somebody's null vectors."
)
def test_top_with_ones_in_the_null_space(student, rng):
    """A chain of springs: constant vectors, and all end coordinates, feel nothing of the top."""
    # f = -sum of c_i cos(w_i - w_{i+1}) at w = 0 has the Hessian sum c_i (e_i - e_{i+1})(...)^T.
    # Coordinates 0 and 7 are free, so e_0, e_7 and (1, ..., 1) are mapped to exactly 0.
    B = np.zeros((5, 8))
    for i in range(5):
        B[i, i + 1], B[i, i + 2] = 1.0, -1.0
    c = -np.array([1.0, 0.5, 6.0, 0.25, 0.5]) * rng.uniform(0.9, 1.1, size=5)
    w = np.zeros(8)
    assert_top(student, student.cosine_sum(B, c), w, cosine_hessian(B, c, w), rng)


@pytest.mark.question("q3", weight=1, hint="Iterate products; stop when nothing new is left.")
def test_top_with_many_parameters(student, rng):
    """20,000 parameters and four eigenvalues that are not 0, of both signs."""
    d = 20_000
    B = np.linalg.qr(rng.normal(size=(d, 4)))[0].T.copy()
    c = -np.array([3.0, 1.0, -2.0, -5.0]) * rng.uniform(0.9, 1.1, size=4)
    # At w = 0 the rows of B are eigenvectors, with the eigenvalues -c: 3, 1, -2, -5, and 0 else.
    found = top(student, student.cosine_sum(B, c), np.zeros(d), rng)
    assert_close(found, (-c).max(), rtol=1e-3, name="the eigenvalue")


@pytest.mark.question("q3", weight=1, hint="All randomness comes from gen; w stays as it is.")
def test_top_uses_the_generator_and_nothing_else(student, rng):
    """gen moves on from where it is; equal states give equal results, whatever else happens."""
    A = with_spectrum(rng, (4.0, 1.0, -2.0))
    f = student.make(kit.quadratic, matrix=A)
    w, results, left = tensor(rng.normal(size=3)), [], []
    before_w, seed = w.clone(), int(rng.integers(2**62))
    for other, start in [(1, seed), (2, seed), (3, seed + 1)]:
        generator = torch.Generator().manual_seed(start)
        before = generator.get_state()
        student.seed(other)
        results.append(student.top_eigenvalue(f, w, ITERS, generator))
        left.append(generator.get_state())
        assert not torch.equal(left[-1], before), "nothing was drawn from gen"
        assert torch.equal(w, before_w), "w was changed"
    assert not torch.equal(left[0], left[2]), "gen was reset"
    assert_close(results[0], np.linalg.eigvalsh(A)[-1], rtol=1e-3, name="the eigenvalue")
    assert_close(results[1], as_array(results[0]), rtol=1e-12, name="the second call")
