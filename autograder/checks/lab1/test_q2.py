"""Hidden tests of q2: clip_by_norm against its formula."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q2")

SHAPES = [(7, 5), (7,), (1, 7), (1,), (2, 3, 4)]


def gradients(rng, norm):
    grads = [rng.normal(size=shape) for shape in SHAPES]
    total = np.sqrt(sum((g**2).sum() for g in grads))
    return [g * (norm / total) for g in grads]


@pytest.mark.question("q2", weight=2, hint="Check both results against the formula.")
@pytest.mark.parametrize("norm", [0.01, 1.9, 2.1, 300.0])
def test_formula(student, rng, norm):
    """Right for gradients shorter and longer than the limit 2."""
    grads = gradients(rng, norm)
    clipped, found = student.clip_by_norm(grads, 2.0)
    assert_close(found, norm, rtol=1e-5, name="norm")
    assert len(clipped) == len(grads), "one array for each gradient is needed"
    for k, (ours, theirs) in enumerate(zip(grads, clipped, strict=True)):
        assert_close(theirs, ours * min(1, 2 / norm), rtol=1e-5, name=f"clipped[{k}]")


@pytest.mark.question("q2", weight=1, hint="What is 0 / 0?")
def test_zero(student):
    """Zero gradients stay zero."""
    clipped, norm = student.clip_by_norm([np.zeros((2, 2)), np.zeros(3)], 0.5)
    assert_close(norm, 0.0, name="norm")
    assert len(clipped) == 2, "one array for each gradient is needed"
    assert_close(clipped[0], np.zeros((2, 2)), name="clipped[0]")
    assert_close(clipped[1], np.zeros(3), name="clipped[1]")


@pytest.mark.question("q2", weight=1, hint="Which line writes into the arguments?")
def test_the_arguments_stay(student, rng):
    """The gradients are the same after the call."""
    grads = gradients(rng, 50.0)
    before = [g.copy() for g in grads]
    clipped, _ = student.clip_by_norm(grads, 1.0)
    assert len(clipped) == len(grads), "one array for each gradient is needed"
    assert all(np.array_equal(a, b) for a, b in zip(grads, before, strict=True))
