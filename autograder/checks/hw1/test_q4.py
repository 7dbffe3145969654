"""Hidden tests of q4: gradients against torch's automatic differentiation and closed forms.

The oracle shares no code with the reference or with a hand-written backward pass. Both sides work
in float64, so a right program agrees to about 1e-14 of the largest term of each sum; the statement
promises rtol 1e-9 and atol 1e-12.
"""

import numpy as np
import pytest
import torch

from autograder.testing import assert_close, assert_finite, assert_shape

pytestmark = pytest.mark.question("q4", timeout=20)

TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def network(rng, widths, n, scale=1.0):
    """Random weights of variance scale^2 / fan_in, biases, data and labels."""
    pairs = list(zip(widths, widths[1:], strict=False))
    Ws = [rng.normal(scale=scale / np.sqrt(i), size=(o, i)) for i, o in pairs]
    bs = [rng.normal(scale=0.5, size=o) for _, o in pairs]
    return Ws, bs, rng.normal(size=(n, widths[0])), rng.integers(widths[-1], size=n)


def expected(Ws, bs, X, y, act):
    """Loss and gradients by automatic differentiation."""
    leaves = [torch.tensor(a, requires_grad=True) for a in [*Ws, *bs]]
    weights, biases = leaves[: len(Ws)], leaves[len(Ws) :]
    v = torch.tensor(X)
    for layer in range(len(Ws)):
        v = v @ weights[layer].T + biases[layer]
        v = ACTIVATIONS[act](v) if layer < len(Ws) - 1 else v
    loss = torch.nn.functional.cross_entropy(v, torch.tensor(y))
    gradients = [g.numpy() for g in torch.autograd.grad(loss, leaves)]
    return loss.item(), gradients[: len(Ws)], gradients[len(Ws) :]


def found(student, Ws, bs, X, y, act):
    """The student's result, after its form has been checked."""
    result = student.mlp_loss_grad(Ws, bs, X, y, act)
    assert isinstance(result, tuple | list) and len(result) == 3, "three results are needed"
    loss, dWs, dbs = result
    for name, gradients, arrays in [("dWs", dWs, Ws), ("dbs", dbs, bs)]:
        assert isinstance(gradients, tuple | list), f"{name} must be a list"
        assert len(gradients) == len(arrays), f"{name} needs one entry for each layer"
        for layer in range(len(arrays)):
            assert_shape(gradients[layer], arrays[layer].shape, name=f"{name}[{layer}]")
    return loss, list(dWs), list(dbs)


def assert_right(student, Ws, bs, X, y, act):
    loss, dWs, dbs = found(student, Ws, bs, X, y, act)
    loss_right, dWs_right, dbs_right = expected(Ws, bs, X, y, act)
    assert_close(loss, loss_right, **TOLERANCE, name="loss")
    for layer in reversed(range(len(Ws))):
        assert_close(dbs[layer], dbs_right[layer], **TOLERANCE, name=f"dbs[{layer}]")
        assert_close(dWs[layer], dWs_right[layer], **TOLERANCE, name=f"dWs[{layer}]")


@pytest.mark.parametrize("act", list(ACTIVATIONS))
@pytest.mark.question("q4", weight=4, hint="The loss is a mean; no activation at the end.")
def test_the_loss(student, rng, act):
    """The loss is the mean cross-entropy of the logits."""
    for widths in [(4, 3), (5, 7, 3), (3, 6, 2, 4)]:
        Ws, bs, X, y = network(rng, widths, n=6, scale=2.0)
        result = student.mlp_loss_grad(Ws, bs, X, y, act)  # right or wrong gradients, all the same
        assert isinstance(result, tuple | list) and len(result) == 3, "three results are needed"
        loss = result[0]
        assert_close(loss, expected(Ws, bs, X, y, act)[0], **TOLERANCE, name="loss")


@pytest.mark.parametrize(("d", "K", "n"), [(3, 4, 5), (6, 2, 1), (1, 5, 9), (4, 4, 4)])
@pytest.mark.question("q4", weight=4, hint="Gradients of the only layer of softmax regression.")
def test_without_a_hidden_layer(student, rng, d, K, n):
    """Softmax regression: dW = (p - onehot)^T X / n, db = its column sums over the batch."""
    assert_right(student, *network(rng, (d, K), n), "tanh")


@pytest.mark.parametrize("widths", [(4, 6, 3), (3, 5, 2, 4), (5, 3, 6, 4, 2)])
@pytest.mark.question("q4", weight=3, hint="tanh: its derivative is taken at u, not at v.")
def test_tanh_networks(student, rng, widths):
    """Gradients of tanh networks of two to four layers."""
    assert_right(student, *network(rng, widths, n=5), "tanh")


@pytest.mark.parametrize("widths", [(4, 6, 3), (3, 5, 2, 4), (5, 3, 6, 4, 2)])
@pytest.mark.question("q4", weight=3, hint="sigmoid: its derivative is not that of tanh.")
def test_sigmoid_networks(student, rng, widths):
    """Gradients of sigmoid networks of two to four layers."""
    assert_right(student, *network(rng, widths, n=5), "sigmoid")


@pytest.mark.parametrize("widths", [(4, 6, 3), (3, 5, 2, 4), (5, 3, 6, 4, 2)])
@pytest.mark.question("q4", weight=3, hint="ReLU: which units were on, for which example?")
def test_relu_networks(student, rng, widths):
    """Gradients of ReLU networks of two to four layers (no pre-activation is exactly zero)."""
    assert_right(student, *network(rng, widths, n=5), "relu")


@pytest.mark.question("q4", weight=1, hint="Each example twice: the mean stays the same.")
def test_doubling_the_batch_changes_nothing(student, rng):
    """Loss and gradients are means: repeating every example leaves them as they are."""
    Ws, bs, X, y = network(rng, (4, 5, 3), n=6)
    _, dWs, dbs = expected(Ws, bs, X, y, "tanh")
    order = rng.permutation(12)
    _, dWs_twice, dbs_twice = found(
        student, Ws, bs, np.tile(X, (2, 1))[order], np.tile(y, 2)[order], "tanh"
    )
    for layer in range(2):
        assert_close(dWs_twice[layer], dWs[layer], **TOLERANCE, name=f"dWs[{layer}]")
        assert_close(dbs_twice[layer], dbs[layer], **TOLERANCE, name=f"dbs[{layer}]")


@pytest.mark.parametrize("act", list(ACTIVATIONS))
@pytest.mark.question("q4", weight=1, hint="A batch of one example is a batch.")
def test_one_example(student, rng, act):
    """A batch of one, with square layers and with layers of one unit."""
    assert_right(student, *network(rng, (4, 4, 4), n=1), act)
    assert_right(student, *network(rng, (1, 1, 1, 2), n=1), act)


@pytest.mark.question("q4", weight=1, hint="Renaming the classes permutes rows of the last layer.")
def test_renaming_the_classes(student, rng):
    """Permuting the classes permutes the last layer's gradients, on strided data too."""
    Ws, bs, X, y = network(rng, (4, 6, 5), n=7)
    strided = np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3]
    loss, dWs, dbs = expected(Ws, bs, X, y, "relu")
    order = rng.permutation(5)  # new class c is old class order[c]
    renamed = np.argsort(order)[y]
    loss_new, dWs_new, dbs_new = found(
        student, [Ws[0], Ws[1][order]], [bs[0], bs[1][order]], strided, renamed, "relu"
    )
    assert_close(loss_new, loss, **TOLERANCE, name="loss")
    assert_close(dWs_new[0], dWs[0], **TOLERANCE, name="dWs[0]")
    assert_close(dWs_new[1], dWs[1][order], **TOLERANCE, name="dWs[1]")
    assert_close(dbs_new[1], dbs[1][order], **TOLERANCE, name="dbs[1]")


@pytest.mark.question("q4", weight=1, hint="Logits of 10^4, wrong class: loss 10^4, no nan.")
def test_large_logits_of_one_layer(student, reference):
    """Logits (1e4, 0, -1e4): the loss is the gap, p is a corner of the simplex."""
    Ws, bs = [np.array([[1e4], [0.0], [-1e4]])], [np.zeros(3)]
    X, y = np.ones((2, 1)), np.array([2, 0])
    loss, dWs, dbs = found(student, Ws, bs, X, y, "relu")
    assert_close(loss, (2e4 + 0) / 2, **TOLERANCE, name="loss")  # exp(-1e4) is 0 in float64
    right = np.array([0.5, 0.0, -0.5])  # the mean of (1, 0, -1) and (0, 0, 0)
    assert_close(dbs[0], right, **TOLERANCE, name="dbs[0]")
    assert_close(dWs[0], right[:, None], **TOLERANCE, name="dWs[0]")
    assert_close(loss, reference.backprop.mlp_loss_grad(Ws, bs, X, y, "relu")[0], name="loss")


@pytest.mark.question("q4", weight=1, hint="Logits of one example must not depend on another's.")
def test_examples_of_very_different_size(student, reference):
    """An example with logits of size 10^4 leaves the loss of a small one as it is."""
    Ws, bs = [np.array([[1e4], [0.0], [-1e4]])], [np.zeros(3)]
    X, y = np.array([[1.0], [1e-4]]), np.array([0, 1])
    loss, dWs, dbs = found(student, Ws, bs, X, y, "relu")
    right = reference.backprop.mlp_loss_grad(Ws, bs, X, y, "relu")
    # Logits (1, 0, -1) of label 1: the loss is log(e + 1 + 1/e), shifted by another's maximum NaN.
    assert_close(loss, np.log(np.e + 1 + 1 / np.e) / 2, **TOLERANCE, name="loss")
    assert_close(dWs[0], right[1][0], **TOLERANCE, name="dWs[0]")
    assert_close(dbs[0], right[2][0], **TOLERANCE, name="dbs[0]")


@pytest.mark.parametrize("act", list(ACTIVATIONS))
@pytest.mark.question("q4", weight=1, hint="Pre-activations of 10^4 in a hidden layer, no nan.")
def test_large_pre_activations(student, rng, act):
    """Saturated units and huge logits of a deep network give finite, right gradients."""
    Ws, bs, X, y = network(rng, (3, 5, 4), n=4)
    Ws = [1e4 * Ws[0], Ws[1]]
    loss, dWs, dbs = found(student, Ws, bs, X, y, act)
    for layer in range(2):
        assert_finite(dWs[layer], name=f"dWs[{layer}]")
        assert_finite(dbs[layer], name=f"dbs[{layer}]")
    loss_right, dWs_right, dbs_right = expected(Ws, bs, X, y, act)
    # Logits of size 1e4 carry rounding errors of 1e4 * 2e-16 * (a few terms) < 1e-10, p as well.
    assert_close(loss, loss_right, rtol=1e-9, atol=1e-8, name="loss")
    assert_close(dbs[1], dbs_right[1], rtol=1e-8, atol=1e-8, name="dbs[1]")
    assert_close(dWs[1], dWs_right[1], rtol=1e-8, atol=1e-4, name="dWs[1]")


@pytest.mark.question("q4", weight=1, hint="Nothing of yours is written into the arguments.")
def test_arguments_and_memory(student, rng):
    """Arguments stay as they were, and a call leaves nothing behind for the next one."""
    first = network(rng, (4, 6, 3), n=5)
    before = [a.copy() for a in [*first[0], *first[1], first[2], first[3]]]
    assert_right(student, *first, "tanh")
    assert_right(student, *network(rng, (2, 3, 4), n=2), "relu")
    assert_right(student, *first, "tanh")
    after = [*first[0], *first[1], first[2], first[3]]
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old, new), "an argument was changed"
