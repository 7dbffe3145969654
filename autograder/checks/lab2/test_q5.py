"""Hidden tests of q5: the judge runs the student's training and computes accuracies itself.

Limits lie at least four standard deviations of the median of three from the model solution's mean:
benchmarks/lab_thresholds.py deep, docs/labs.md. The spread of the starting weights is tested to
6 %: of n uniform numbers the sample's standard deviation has relative error 0.45/sqrt(n), which
for 2,304 weights is 0.9 %.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograder.testing import as_array, assert_shape

pytestmark = pytest.mark.question("q5", timeout=60)

RESIDUAL, PLAIN, SHALLOW = 0.92, 0.30, 0.85


def split():
    """Training and held-out digits of the notebook."""
    images, labels = load_digits(return_X_y=True)
    held_out = np.arange(len(images)) % 18 < 5
    images = (images / 16).astype(np.float32).astype(float)
    return (images[~held_out], labels[~held_out]), (images[held_out], labels[held_out])


def parameters(result, depth):
    """Weights and biases in float64, of the right shapes."""
    assert isinstance(result, list | tuple) and len(result) == 2, "return (Ws, bs)"
    sizes, arrays = [64] + [48] * (depth - 1) + [10], []
    for name, part in zip(("Ws", "bs"), result, strict=True):
        assert isinstance(part, list | tuple) and len(part) == depth, f"{name}: {depth} arrays"
        for k, a in enumerate(part):
            shape = (sizes[k + 1], sizes[k])[: 2 if name == "Ws" else 1]
            assert_shape(a, shape, name=f"{name}[{k}]")
            arrays.append(as_array(a))
    assert all(a.dtype == np.float32 for a in arrays), "weights and biases must be float32"
    assert all(np.isfinite(a).all() for a in arrays), "a weight is not finite"
    return [a.astype(float) for a in arrays[:depth]], [a.astype(float) for a in arrays[depth:]]


def forward(kind, Ws, bs, X):
    h = np.maximum(X @ Ws[0].T + bs[0], 0)
    for k in range(1, len(Ws) - 1, 2):
        r = np.maximum(h @ Ws[k].T + bs[k], 0) @ Ws[k + 1].T + bs[k + 1]
        h = np.maximum(r, 0) if kind == "plain" else h + r
    return h @ Ws[-1].T + bs[-1]


def accuracy(kind, Ws, bs):
    X, y = split()[1]
    return float((forward(kind, Ws, bs, X).argmax(axis=1) == y).mean())


def training_loss(kind, Ws, bs):
    X, y = split()[0]
    logits = forward(kind, Ws, bs, X)
    logits -= logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]).mean())


def median_accuracy(student, rng, kind, depth):
    found = []
    for seed in rng.integers(10**6, size=3):
        found.append(accuracy(kind, *parameters(student.train_deep(kind, depth, int(seed)), depth)))
    return np.median(found)


@pytest.mark.question("q5", weight=1, hint="What does the seed decide?")
def test_seeds(student):
    """One seed gives the same bits twice, another seed other weights, before and after training."""
    for steps in (0, 5):
        one, again, other = (
            parameters(student.train_deep("residual", 4, seed, steps=steps), 4)
            for seed in (11, 11, 12)
        )
        for k in range(4):
            assert np.array_equal(one[0][k], again[0][k]), "two calls with one seed differ"
            assert not np.array_equal(one[0][k], other[0][k]), "two seeds give the same weights"


@pytest.mark.question("q5", weight=2, hint="Weights uniform in +-1/sqrt(fan-in), biases zero.")
@pytest.mark.parametrize("depth", [4, 8])
def test_start(student, rng, depth):
    """The start is that of the recipe, and the same for both kinds."""
    seed = int(rng.integers(10**6))
    Ws, bs = parameters(student.train_deep("plain", depth, seed, steps=0), depth)
    others = parameters(student.train_deep("residual", depth, seed, steps=0), depth)[0]
    assert all((b == 0).all() for b in bs), "biases start at zero"
    for k, (W, other) in enumerate(zip(Ws, others, strict=True)):
        assert np.array_equal(W, other), "the kinds start from different weights"
        edge = 1 / np.sqrt(W.shape[1])
        assert np.abs(W).max() <= 1.0001 * edge, "a weight is too large"
        if W.size >= 2304 and k % 2 == 0:
            assert abs(W.std() * np.sqrt(3) / edge - 1) <= 0.06, "the spread of weights is off"


@pytest.mark.question("q5", weight=2, hint="Four layers without shortcuts should train.")
def test_shallow(student, rng):
    """A plain network of four layers reaches 0.85."""
    assert median_accuracy(student, rng, "plain", 4) >= SHALLOW, "the training does not work"


@pytest.mark.question("q5", weight=4, hint="22 layers with shortcuts should train.")
def test_residual(student, rng):
    """A residual network of 22 layers reaches 0.92."""
    assert median_accuracy(student, rng, "residual", 22) >= RESIDUAL, "the accuracy is too low"


@pytest.mark.question("q5", weight=3, hint="22 layers without shortcuts: trained, and no better.")
def test_plain(student, rng):
    """A plain network of 22 layers was trained by the recipe and stays below 0.30."""
    found = []
    for seed in rng.integers(10**6, size=3):
        Ws, bs = parameters(student.train_deep("plain", 22, int(seed)), 22)
        assert np.abs(bs[-1]).max() > 1e-3, "the last biases have not moved"
        assert abs(training_loss("plain", Ws, bs) - np.log(10)) <= 0.1, "not the loss of a guess"
        found.append(accuracy("plain", Ws, bs))
    assert np.median(found) <= PLAIN, "it trains, where the recipe does not"
