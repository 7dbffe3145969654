"""Public tests of q4-train: the judge's own forward pass on the held-out digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograder.testing import as_array

pytestmark = pytest.mark.question("q4-train")


def checked_model(student):
    """digits_model as two lists of arrays, after its shapes have been checked."""
    model = student.value("digits_model")
    assert isinstance(model, tuple | list) and len(model) == 2, "digits_model must be (Ws, bs)"
    for part in model:
        assert isinstance(part, tuple | list), "Ws and bs must be lists of arrays"
    Ws, bs = ([as_array(array, name="an array of digits_model") for array in p] for p in model)
    assert len(Ws) == len(bs) >= 2, "the network must have at least one hidden layer"
    size = 64
    for layer in range(len(Ws)):
        W, b = Ws[layer], bs[layer]
        assert W.ndim == 2 and W.shape[1] == size, f"Ws[{layer}] must have {size} columns"
        size = W.shape[0]
        assert b.shape == (size,), f"bs[{layer}] must have shape ({size},), got {b.shape}"
        assert np.isfinite(W).all() and np.isfinite(b).all(), f"layer {layer} is not finite"
    assert size == 10, f"the last layer must have 10 outputs, got {size}"
    return Ws, bs


def test_the_model_has_the_right_form(student):
    """digits_model is (Ws, bs) from 64 inputs to 10 logits, with a hidden layer."""
    checked_model(student)


@pytest.mark.question("q4-train", hint="Look at your loss curve: does it fall, and how far?")
def test_the_held_out_digits_are_read(student):
    """The model is right on at least 92 % of the 500 held-out images."""
    Ws, bs = checked_model(student)
    images, labels = load_digits(return_X_y=True)
    held_out = np.arange(len(images)) % 18 < 5
    V = images[held_out] / 16.0
    for layer in range(len(Ws) - 1):
        V = np.maximum(V @ Ws[layer].T + bs[layer], 0)
    accuracy = ((V @ Ws[-1].T + bs[-1]).argmax(axis=1) == labels[held_out]).mean()
    assert accuracy >= 0.92, f"held-out accuracy is {accuracy:.3f}, the target is 0.92"
