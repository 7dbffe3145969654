"""Public tests of q4: gradient_norms."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q4")


def example(rng, depth):
    sizes = [6] + [5] * (depth - 1) + [3]
    Ws = [rng.normal(size=(o, i)) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]
    bs = [0.1 * rng.normal(size=o) for o in sizes[1:]]
    return Ws, bs, rng.normal(size=(7, 6)), rng.integers(0, 3, size=7)


def loss(kind, Ws, bs, X, y):
    h = np.maximum(X @ Ws[0].T + bs[0], 0)
    for k in range(1, len(Ws) - 1, 2):
        r = np.maximum(h @ Ws[k].T + bs[k], 0) @ Ws[k + 1].T + bs[k + 1]
        h = np.maximum(r, 0) if kind == "plain" else h + r
    logits = h @ Ws[-1].T + bs[-1]
    top = logits.max(axis=1)
    return (top + np.log(np.exp(logits - top[:, None]).sum(1)) - logits[range(7), y]).mean()


@pytest.mark.question("q4", hint="Differentiate the mean loss with respect to each matrix.")
@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_finite_differences(student, rng, kind):
    """The norms are those of finite differences, for four layers."""
    Ws, bs, X, y = example(rng, 4)
    found = student.gradient_norms(kind, Ws, bs, X, y)
    assert_shape(found, (4,))
    for k, W in enumerate(Ws):
        gradient = np.zeros_like(W)
        for place in np.ndindex(*W.shape):
            sides = []
            for side in (1e-6, -1e-6):
                moved = [V.copy() for V in Ws]
                moved[k][place] += side
                sides.append(loss(kind, moved, bs, X, y))
            gradient[place] = (sides[0] - sides[1]) / 2e-6
        # Differences of 1e-6 are exact to about 1e-9, and a kink so near is unlikely.
        norm = as_array(found)[k]
        assert_close(norm, np.linalg.norm(gradient), rtol=2e-3, atol=1e-7, name=f"layer {k + 1}")
