"""Public tests of q4: backpropagation, checked by finite differences."""

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_finite, assert_shape

pytestmark = pytest.mark.question(
    "q4", forbid=["torch.autograd", "torch.nn", "torch.func", ".backward"], timeout=20
)

# The central difference (L(w + h) - L(w - h)) / 2h is wrong by about h^2 from Taylor's formula and
# by about 1e-16 / h from rounding, both below 1e-9 here: atol 1e-7 leaves a factor of a hundred.
H, ATOL = 1e-5, 1e-7


def small_network(*widths):
    """A network of the given layer widths with fixed weights of size one, and four examples."""

    def waves(*shape):
        return np.sin(0.7 + 0.9 * np.arange(np.prod(shape))).reshape(shape)

    Ws = [waves(o, i) for i, o in zip(widths, widths[1:], strict=False)]
    bs = [0.5 * waves(o) for o in widths[1:]]
    return Ws, bs, waves(4, widths[0]), np.arange(4) % widths[-1]


def run(student, Ws, bs, X, y, act):
    """The student's (loss, dWs, dbs), after the form has been checked."""
    result = student.mlp_loss_grad(Ws, bs, X, y, act)
    assert isinstance(result, tuple | list), "mlp_loss_grad must return (loss, dWs, dbs)"
    assert len(result) == 3, f"expected three results, got {len(result)}"
    loss, dWs, dbs = result
    assert_shape(loss, (), name="loss")
    for name, gradients, arrays in [("dWs", dWs, Ws), ("dbs", dbs, bs)]:
        assert isinstance(gradients, tuple | list), f"{name} must be a list"
        assert len(gradients) == len(arrays), f"{name} must have one entry for each layer"
        for layer in range(len(arrays)):
            assert_shape(gradients[layer], arrays[layer].shape, name=f"{name}[{layer}]")
    return as_array(loss), dWs, dbs


def difference_quotients(student, Ws, bs, X, y, act):
    """Central differences of the student's own loss, for every weight and bias."""
    quotients = []
    for array in [*Ws, *bs]:
        quotient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            kept, sides = array[index], []
            for moved in (kept + H, kept - H):
                array[index] = moved
                sides.append(float(run(student, Ws, bs, X, y, act)[0]))
            array[index] = kept
            quotient[index] = (sides[0] - sides[1]) / (2 * H)
        quotients.append(quotient)
    return quotients[: len(Ws)], quotients[len(Ws) :]


def assert_gradients_match(student, Ws, bs, X, y, act):
    _, dWs, dbs = run(student, Ws, bs, X, y, act)
    W_quotients, b_quotients = difference_quotients(student, Ws, bs, X, y, act)
    for layer in reversed(range(len(Ws))):  # complain about the layer nearest the loss first
        assert_close(dbs[layer], b_quotients[layer], rtol=0, atol=ATOL, name=f"dbs[{layer}]")
        assert_close(dWs[layer], W_quotients[layer], rtol=0, atol=ATOL, name=f"dWs[{layer}]")


@pytest.mark.question("q4", hint="Each gradient has the shape of what it is the derivative of.")
def test_the_result_has_the_right_form(student):
    """The result is (loss, dWs, dbs), with gradients shaped like the weights."""
    run(student, *small_network(3, 5, 2), "tanh")


@pytest.mark.question("q4", hint="Zero logits mean p = 1/K for every class. The loss is a mean.")
def test_zero_weights_guess(student):
    """With all weights zero the loss is log K, whatever the data."""
    Ws, bs, X, y = small_network(3, 4, 5)
    Ws, bs = [0 * W for W in Ws], [0 * b for b in bs]
    loss, _, _ = run(student, Ws, bs, X, y, "sigmoid")
    assert_close(loss, np.log(5.0), rtol=1e-9, name="loss")


@pytest.mark.question("q4", hint="Without hidden layers: delta is (p - onehot(y)) / n.")
def test_softmax_regression_matches_finite_differences(student):
    """Without a hidden layer the gradients agree with difference quotients of your loss."""
    assert_gradients_match(student, *small_network(3, 4), "tanh")


# For ReLU: no pre-activation of this network is within 0.1 of zero, and a step of 1e-5 moves none
# of them by more than 1e-4, so the differences never cross the kink.
@pytest.mark.parametrize("act", ["tanh", "sigmoid", "relu"])
@pytest.mark.question("q4", hint="Compare layer by layer from the last to the first.")
def test_a_deep_network_matches_finite_differences(student, act):
    """With two hidden layers the gradients agree with difference quotients of your loss."""
    assert_gradients_match(student, *small_network(3, 5, 4, 3), act)


@pytest.mark.question("q4", hint="Subtract the largest logit of each example; keep log p, not p.")
def test_large_logits_stay_finite(student):
    """With logits of size 10000 the loss is 10000 on a wrong example, and gradients are finite."""
    Ws, bs = [np.array([[1e4], [0.0]])], [np.zeros(2)]
    loss, dWs, dbs = run(student, Ws, bs, np.ones((1, 1)), np.array([1]), "relu")
    assert_close(loss, 1e4, name="loss")
    assert_finite(dWs[0], name="dWs[0]")
    assert_finite(dbs[0], name="dbs[0]")


@pytest.mark.question("q4", hint="Write new arrays; `delta -= ...` is fine on arrays of your own.")
def test_the_arguments_stay_as_they_were(student):
    """Weights, biases and data are the same after the call."""
    Ws, bs, X, y = small_network(3, 5, 2)
    before = [array.copy() for array in [*Ws, *bs, X, y]]
    student.mlp_loss_grad(Ws, bs, X, y, "relu")
    for old, new in zip(before, [*Ws, *bs, X, y], strict=True):
        assert np.array_equal(old, new), "an argument was changed"
