"""Public tests of q5: the form of train_deep, its start, and that it trains at all."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograder.testing import as_array, assert_shape

pytestmark = pytest.mark.question("q5", timeout=40)


def parameters(result, depth):
    """Weights and biases as float32 arrays of the right shapes."""
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


@pytest.mark.question("q5", hint="Draw weights from the seed before you look at the kind.")
def test_start(student):
    """steps=0 gives zero biases and weights in range, the same for both kinds."""
    plain = parameters(student.train_deep("plain", 6, 3, steps=0), 6)
    residual = parameters(student.train_deep("residual", 6, 3, steps=0), 6)
    assert all((b == 0).all() for b in plain[1]), "biases start at zero"
    for one, other in zip(plain[0], residual[0], strict=True):
        assert np.array_equal(one, other), "the kinds start from different weights"
        assert np.abs(one).max() <= 1.0001 / np.sqrt(one.shape[1]), "a weight is too large"


@pytest.mark.question("q5", hint="Compare your loop with the recipe.")
@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_four_layers_train(student, kind):
    """Four layers reach 80 % on the training digits."""
    Ws, bs = parameters(student.train_deep(kind, 4, 0), 4)
    images, labels = load_digits(return_X_y=True)
    train = np.arange(len(images)) % 18 >= 5
    h = np.maximum(images[train] / 16 @ Ws[0].T + bs[0], 0)
    r = np.maximum(h @ Ws[1].T + bs[1], 0) @ Ws[2].T + bs[2]
    h = np.maximum(r, 0) if kind == "plain" else h + r
    accuracy = ((h @ Ws[3].T + bs[3]).argmax(axis=1) == labels[train]).mean()
    assert accuracy >= 0.8, f"the training accuracy is {accuracy:.2f}"
