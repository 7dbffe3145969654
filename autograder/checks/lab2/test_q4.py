"""Hidden tests of q4: the judge's own backpropagation in float64."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_finite, assert_shape

pytestmark = pytest.mark.question("q4")

CASES = {  # kind, depth, width, size of the weights in units of 1/sqrt(fan-in)
    "plain_4": ("plain", 4, 12, 1.5),
    "residual_4": ("residual", 4, 12, 1.0),
    "plain_22": ("plain", 22, 24, 0.6),
    "residual_22": ("residual", 22, 24, 0.6),
    "plain_12": ("plain", 12, 30, 1.4),
    "residual_12": ("residual", 12, 9, 0.3),
}


def network(rng, depth, width, size, out=10):
    sizes = [20] + [width] * (depth - 1) + [out]
    Ws = [
        size * rng.normal(size=(o, i)) / np.sqrt(i)
        for i, o in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    return Ws, [0.1 * rng.normal(size=o) for o in sizes[1:]]


def expected(kind, Ws, bs, X, y):
    """Norms of the gradients, by the chain rule."""
    inputs, slopes = [X], []  # of each layer; slopes of the nonlinearity behind each
    for k in range(len(Ws) - 1):
        u = inputs[k] @ Ws[k].T + bs[k]
        closes_a_block = kind == "residual" and k > 0 and k % 2 == 0
        slopes.append(np.ones_like(u) if closes_a_block else (u > 0).astype(float))
        v = u * slopes[-1]
        inputs.append(inputs[k - 1] + v if closes_a_block else v)
    logits = inputs[-1] @ Ws[-1].T + bs[-1]
    logits -= logits.max(axis=1, keepdims=True)
    signal = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    signal[np.arange(len(y)), y] -= 1
    signal /= len(y)
    norms = np.zeros(len(Ws))
    norms[-1] = np.linalg.norm(signal.T @ inputs[-1])
    signal = signal @ Ws[-1]  # with respect to the output of layer k, below
    skipped = np.zeros(1)
    for k in reversed(range(len(Ws) - 1)):
        if kind == "residual" and k > 0 and k % 2 == 0:
            skipped = signal
        signal = signal * slopes[k]
        norms[k] = np.linalg.norm(signal.T @ inputs[k])
        signal = signal @ Ws[k]
        if kind == "residual" and k % 2 == 1:
            signal = signal + skipped
    return norms


@pytest.mark.question("q4", weight=5, hint="The gradient of the mean loss, layer by layer.")
@pytest.mark.parametrize("case", list(CASES))
def test_norms(student, rng, case):
    """All layers are right to 1e-3, of shallow and deep networks of both kinds."""
    kind, depth, width, size = CASES[case]
    Ws, bs = network(rng, depth, width, size)
    X, y = rng.normal(size=(40, 20)), rng.integers(0, 10, size=40)
    found = student.gradient_norms(kind, Ws, bs, X, y)
    assert_shape(found, (depth,))
    assert_finite(found)
    assert_close(as_array(found), expected(kind, Ws, bs, X, y), rtol=1e-3, name="norms")


@pytest.mark.question("q4", weight=1, hint="Which line writes into the arguments?")
def test_the_arguments_stay(student, rng):
    """Weights and data are the same after the call, and a second call gives the same."""
    Ws, bs = network(rng, 6, 8, 1.0, out=4)
    X, y = rng.normal(size=(9, 20)), rng.integers(0, 4, size=9)
    before = [a.copy() for a in [*Ws, *bs, X, y]]
    first = as_array(student.gradient_norms("residual", Ws, bs, X, y))
    assert all(np.array_equal(a, b) for a, b in zip([*Ws, *bs, X, y], before, strict=True))
    again = as_array(student.gradient_norms("residual", Ws, bs, X, y))
    assert np.array_equal(first, again), "a second call differs"
    assert first.shape == (6,) and (first > 0).all(), "six positive norms are needed"
