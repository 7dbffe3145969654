"""Public tests of q3: the engine's form, one step, and one resumed run."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close

pytestmark = pytest.mark.question("q3", timeout=20)


def examples(rng, n=40):
    X = rng.random((n, 64)).astype(np.float32)
    return X, rng.integers(0, 10, size=n)


def learnable(rng, n=40):
    """Examples whose label is told by six brighter pixels: labels drawn by lot may take longer."""
    X, y = examples(rng, n)
    X /= 2
    X[np.arange(n)[:, None], 6 * y[:, None] + np.arange(6)] += 0.5
    return X, y


def parameters(state):
    """Weights and biases as float32 arrays."""
    assert isinstance(state, dict) and {"Ws", "bs"} <= set(state), 'a dict with "Ws", "bs"'
    arrays = []
    for key in ("Ws", "bs"):
        assert isinstance(state[key], list | tuple), f'state["{key}"] must be a list'
        arrays += [as_array(a, name=f'state["{key}"]') for a in state[key]]
    assert arrays, "the state has no weights"
    assert all(a.dtype == np.float32 for a in arrays), "weights and biases must be float32"
    return arrays


def plain(value):
    """No handles to objects of the student's own."""
    if isinstance(value, dict):
        return all(plain(k) and plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(plain(v) for v in value)
    return not hasattr(value, "type_name")


@pytest.mark.question("q3", hint="Look at the shapes: (out, in), from 64 to 10.")
def test_the_state_has_the_right_form(student):
    """start gives plain data with weights and biases that fit together."""
    state = student.start([12, 7], 3)
    assert plain(state), "the state must be plain data, without objects of yours"
    shapes = [a.shape for a in parameters(state)]
    assert shapes == [(12, 64), (7, 12), (10, 7), (12,), (7,), (10,)], f"got shapes {shapes}"


@pytest.mark.question("q3", hint="Mean cross-entropy, and a step downhill.")
def test_the_loss_falls(student, rng):
    """Fifty steps on forty examples bring the loss down."""
    X, y = learnable(rng)

    def loss(state):
        arrays = parameters(state)
        half = len(arrays) // 2
        V = X
        for k in range(half):
            V = V @ arrays[k].T + arrays[half + k]
            V = np.maximum(V, 0) if k < half - 1 else V
        V = V - V.max(axis=1, keepdims=True)
        return float((np.log(np.exp(V).sum(1)) - V[np.arange(len(y)), y]).mean())

    state = student.start([16], 0)
    later = student.advance(state, X, y, 50, 0.1, momentum=0.9, batch_size=8)
    assert loss(later) < 0.8 * loss(state), "the training loss does not fall"


@pytest.mark.question("q3", hint="What of the run is not in your state?")
def test_a_run_in_two_parts_is_the_same_run(student, rng):
    """3 + 4 steps give the bits of 7 steps."""
    X, y = examples(rng)
    state = student.start([8], 1)
    whole = student.advance(state, X, y, 7, 0.05, momentum=0.9, batch_size=8)
    half = student.advance(state, X, y, 3, 0.05, momentum=0.9, batch_size=8)
    whole2 = student.advance(half, X, y, 4, 0.05, momentum=0.9, batch_size=8)
    for ours, theirs in zip(parameters(whole), parameters(whole2), strict=True):
        assert np.array_equal(ours, theirs), "the resumed run has other weights"


@pytest.mark.question("q3", hint="w - lr * (momentum * v + g).")
def test_one_step_is_the_formula(student):
    """One example, one linear step: the last bias moves by lr * (onehot - softmax)."""
    X = np.zeros((1, 64), dtype=np.float32)
    y = np.array([3])
    state = student.start([5], 0)
    before = parameters(state)[-1]
    after = parameters(student.advance(state, X, y, 1, 0.5, batch_size=1))[-1]
    hidden = np.maximum(parameters(state)[2], 0)
    logits = parameters(state)[1] @ hidden + before
    p = np.exp(logits - logits.max())
    p /= p.sum()
    p[3] -= 1
    assert_close(after - before, -0.5 * p, rtol=1e-3, atol=1e-5, name="the step of the last bias")
