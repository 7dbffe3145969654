"""Hidden tests of q4-train: accuracy of the handed-in weights, by the judge's own forward pass.

Thresholds: 120 runs (six sensible settings of widths, rate and batch, twenty seeds each) gave 0.936
to 0.978 held out, standard deviation 0.006, and 0.920 to 0.970 (mean 0.953) under the noise below,
standard deviation 0.008 with the draw of the noise included. 0.92 and 0.88 are seven and nine
standard deviations below the means.
"""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograder.testing import as_array

pytestmark = pytest.mark.question("q4-train")


def model(student):
    """(Ws, bs) as arrays, after their shapes have been checked."""
    given = student.value("digits_model")
    assert isinstance(given, tuple | list) and len(given) == 2, "(Ws, bs) is needed"
    assert all(isinstance(part, tuple | list) for part in given), "two lists are needed"
    Ws, bs = ([as_array(array).astype(float) for array in part] for part in given)
    assert len(Ws) == len(bs) >= 2, "at least one hidden layer is needed"
    size = 64
    for layer in range(len(Ws)):
        assert Ws[layer].ndim == 2 and Ws[layer].shape[1] == size, "the layers do not fit together"
        size = Ws[layer].shape[0]
        assert bs[layer].shape == (size,), "a bias does not fit its layer"
    assert size == 10, "ten logits are needed"
    assert all(np.isfinite(array).all() for array in [*Ws, *bs]), "the weights are not finite"
    return Ws, bs


def held_out():
    images, labels = load_digits(return_X_y=True)
    chosen = np.arange(len(images)) % 18 < 5
    return images[chosen] / 16.0, labels[chosen]


def accuracy(Ws, bs, V, labels):
    for layer in range(len(Ws) - 1):
        V = np.maximum(V @ Ws[layer].T + bs[layer], 0)
    return (V @ Ws[-1].T + bs[-1]).argmax(axis=1) == labels


@pytest.mark.question("q4-train", weight=1, hint="Less than 80 % of the held-out images are right.")
def test_it_has_learned(student):
    """At least 80 % of the held-out images are read."""
    assert accuracy(*model(student), *held_out()).mean() >= 0.80


@pytest.mark.question("q4-train", weight=2, hint="Less than 92 % of the held-out images are right.")
def test_it_has_learned_well(student):
    """At least 92 % of the held-out images are read."""
    assert accuracy(*model(student), *held_out()).mean() >= 0.92


@pytest.mark.question("q4-train", weight=1, hint="With a little noise on the images it fails.")
def test_it_reads_images_that_nobody_has_seen(student, rng):
    """At least 88 % of held-out images with noise of standard deviation 0.1 are read."""
    images, labels = held_out()
    noisy = images + rng.normal(scale=0.1, size=images.shape)
    assert accuracy(*model(student), noisy, labels).mean() >= 0.88
