"""Hidden tests of q6: the error of the logits lies where bfloat16 puts it.

Rounding to 8 significant bits has relative errors of about 2^-9 = 0.2 % for each factor; float16
has 11 bits and an eighth of that. The range 5e-4 to 3e-2 is far from both neighbours.
"""

import numpy as np
import pytest

from autograder.testing import as_array, assert_finite, assert_shape

pytestmark = pytest.mark.question("q6")


def network(rng, sizes):
    Ws = [
        (rng.normal(size=(o, i)) * np.sqrt(2 / i)).astype(np.float32)
        for i, o in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    return Ws, [0.5 * rng.normal(size=o).astype(np.float32) for o in sizes[1:]]


def logits(Ws, bs, X):
    V = X.astype(float)
    for k in range(len(Ws)):
        V = V @ Ws[k].T.astype(float) + bs[k]
        V = np.maximum(V, 0) if k < len(Ws) - 1 else V
    return V


def check(student, rng, sizes, n, low=5e-4, scale=1.0):
    Ws, bs = network(rng, sizes)
    X = (scale * rng.normal(size=(n, sizes[0]))).astype(np.float32)
    before = [a.copy() for a in [*Ws, *bs, X]]
    found = student.amp_logits(Ws, bs, X)
    assert_shape(found, (n, sizes[-1]))
    assert_finite(found)
    assert "bfloat16" not in str(getattr(found, "dtype", "")), "the result must be float32"
    found = as_array(found)
    assert found.dtype == np.float32, "the result must be float32"
    right = logits(Ws, bs, X)
    error = np.sqrt(((found - right) ** 2).mean() / (right**2).mean())
    assert error <= 3e-2, "the logits are wrong"
    assert error >= low, "the logits are more precise than bfloat16 can be"
    assert all(np.array_equal(a, b) for a, b in zip([*Ws, *bs, X], before, strict=True))


@pytest.mark.question("q6", weight=2, hint="The error is not that of bfloat16.")
@pytest.mark.parametrize("sizes", [(64, 10), (64, 128, 10), (30, 40, 20, 3)], ids=str)
def test_error(student, rng, sizes):
    """The error lies where bfloat16 puts it, for one to three layers; arguments stay."""
    check(student, rng, sizes, 200)


@pytest.mark.question("q6", weight=1, hint="What is the largest float16?")
def test_range(student, rng):
    """Large inputs overflow float16, not bfloat16."""
    check(student, rng, (64, 32, 10), 100, scale=1e5)


@pytest.mark.question("q6", weight=2, hint="Are the weights rounded too, or the input only?")
def test_weights_are_rounded(student, rng):
    """Inputs that bfloat16 holds exactly still give its error: weights are rounded too."""
    Ws, bs = network(rng, (64, 10))
    X = rng.integers(-2, 3, size=(100, 64)).astype(np.float32)
    found = as_array(student.amp_logits(Ws, [0 * bs[0]], X))
    assert_shape(found, (100, 10))
    right = logits(Ws, [0 * bs[0]], X)
    error = np.sqrt(((found - right) ** 2).mean() / (right**2).mean())
    assert 5e-4 <= error <= 3e-2, "the weights are not rounded"
