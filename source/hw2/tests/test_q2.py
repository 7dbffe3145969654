"""Public tests of q2: optimisers on steps that you can compute by hand."""

import copy

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q2", forbid=["torch.optim"], timeout=20)

RATES = {  # hyperparameters for the tests that concern all seven
    "step_sgd": {"lr": 0.1},
    "step_momentum": {"lr": 0.1, "momentum": 0.5},
    "step_nesterov": {"lr": 0.1, "momentum": 0.5},
    "step_adagrad": {"lr": 0.1, "eps": 0.01},
    "step_adadelta": {"rho": 0.5, "eps": 0.01},
    "step_rmsprop": {"lr": 0.1, "rho": 0.5, "eps": 0.01},
    "step_adam": {"lr": 0.1, "beta1": 0.5, "beta2": 0.75, "eps": 0.01},
}


def step(student, name, w, g, state, t, **hyper):
    """New weights as an array and the new state, after the form has been checked."""
    if name == "step_nesterov" and not callable(g):
        constant = g
        result = student.step_nesterov(w, lambda _: constant, state, t, **hyper)
    else:
        result = getattr(student, name)(w, g, state, t, **hyper)
    assert isinstance(result, tuple | list), f"{name} must return (w, state)"
    assert len(result) == 2, f"{name} must return two results, got {len(result)}"
    assert_shape(result[0], w.shape, name="the new weights")
    return as_array(result[0]), result[1]


def run(student, name, w, gradients, **hyper):
    """The weights after each of the prescribed gradients."""
    w, state, path = np.array(w), None, []
    for t, g in enumerate(gradients, start=1):
        w, state = step(student, name, w, np.array(g), state, t, **hyper)
        path.append(w)
    return np.array(path)


@pytest.mark.parametrize("name", list(RATES))
@pytest.mark.question("q2", hint="The first state is None, the first t is 1.")
def test_every_step_returns_weights_and_a_state(student, name):
    """Each function returns new weights of the shape of w and a state that it accepts again."""
    w, g = np.ones((2, 3)), np.full((2, 3), 0.5)
    w, state = step(student, name, w, g, None, 1, **RATES[name])
    step(student, name, w, g, state, 2, **RATES[name])


@pytest.mark.question("q2", hint="Descent subtracts.")
def test_sgd(student):
    """From 1, with gradient 2 and rate 0.1, SGD goes to 0.8."""
    assert_close(run(student, "step_sgd", [1.0], [[2.0]], lr=0.1), [[0.8]])


@pytest.mark.question("q2", hint="The memory is multiplied by the momentum, then the new is added.")
def test_momentum_rolls_on(student):
    """Momentum 0.5, rate 0.1, gradients 1, 1, 0: the steps are 0.1, 0.15 and 0.075 long."""
    path = run(student, "step_momentum", [1.0], [[1.0], [1.0], [0.0]], lr=0.1, momentum=0.5)
    assert_close(path, [[0.9], [0.75], [0.675]])


@pytest.mark.question("q2", hint="The gradient is taken after the jump, not at w.")
def test_nesterov_looks_ahead(student):
    """On f(w) = w^2/2 from 1, with rate 0.1 and momentum 0.5, the second step looks from 0.85."""
    w, state, path = np.array([1.0]), None, []
    for t in (1, 2):
        w, state = step(
            student, "step_nesterov", w, lambda x: as_array(x), state, t, lr=0.1, momentum=0.5
        )
        path.append(float(w[0]))
    in_the_slides_coordinates = np.allclose(path, [0.9, 0.765], rtol=1e-8)  # v = 0.1, 0.135
    in_torchs_coordinates = np.allclose(path, [0.85, 0.6975], rtol=1e-8)  # these minus v / 2
    assert in_the_slides_coordinates or in_torchs_coordinates, (
        f"two steps must give 0.9, 0.765 (the slide) or 0.85, 0.6975 (torch), got {path}"
    )


@pytest.mark.question("q2", hint="Adagrad adds all squares up: no mean, no forgetting.")
def test_adagrad_slows_down(student):
    """With a constant gradient Adagrad's step t is lr / sqrt(t) long, whatever the gradient."""
    path = run(student, "step_adagrad", [0.0, 0.0], [[3.0, -0.5]] * 4, lr=0.1, eps=1e-12)
    lengths = 0.1 * np.cumsum(1 / np.sqrt([1, 2, 3, 4]))
    assert_close(path, np.outer(-lengths, [1, -1]), rtol=1e-6)  # eps / g^2 is below 1e-11


@pytest.mark.question("q2", hint="A running mean of squares has the weights rho and 1 - rho.")
def test_rmsprop_forgets(student):
    """With rho = 3/4 and a constant gradient: first step 2 lr long, the sixtieth lr long."""
    path = run(student, "step_rmsprop", [0.0], [[5.0]] * 60, lr=0.1, rho=0.75, eps=1e-12)
    assert_close(path[0], [-0.2], rtol=1e-6, name="the first step")
    # After t steps the mean is g^2 (1 - rho^t), and 0.75^60 = 3e-8.
    assert_close(path[59] - path[58], [-0.1], rtol=1e-6, name="the sixtieth step")


@pytest.mark.question("q2", hint="In the first step the memory of earlier moves is empty.")
def test_adadelta_starts_slowly(student):
    """rho = 3/4, eps = 0.11, gradient 1, -1: the first move is sqrt(0.11) / 0.6 long."""
    path = run(student, "step_adadelta", [0.0, 0.0], [[1.0, -1.0]], rho=0.75, eps=0.11)
    assert_close(path[0], np.sqrt(0.11) / 0.6 * np.array([-1.0, 1.0]))


@pytest.mark.question("q2", hint="Print both corrected means: they must be g and g^2.")
def test_adam_walks_at_constant_speed(student):
    """With a constant gradient each of Adam's steps is lr long, from the first one on."""
    path = run(student, "step_adam", [0.0, 0.0], [[4.0, -0.25]] * 5, lr=0.1, eps=1e-12)
    # eps is at most 4e-12 of any root (of the uncorrected one in the first step: 1.3e-10).
    assert_close(path, np.outer(-0.1 * np.arange(1, 6), [1, -1]), rtol=1e-6)


@pytest.mark.parametrize("name", list(RATES))
@pytest.mark.question("q2", hint="Write x = x + ..., not x += ..., on what you were given.")
def test_the_arguments_stay_as_they_were(student, name):
    """w, g and the state are the same after a step."""
    w, g, state = np.array([1.0, -2.0]), np.array([0.5, 1.5]), None
    for t in (1, 2, 3):
        w_before, g_before, state_before = w.copy(), g.copy(), copy.deepcopy(state)
        new_w, new_state = step(student, name, w, g, state, t, **RATES[name])
        assert np.array_equal(w, w_before), "w was changed"
        assert np.array_equal(g, g_before), "g was changed"
        assert repr(state) == repr(state_before), "the state that was passed in was changed"
        w, state = new_w, new_state


@pytest.mark.parametrize("name", list(RATES))
@pytest.mark.question("q2", hint="Everything that a run remembers belongs into its state.")
def test_two_runs_in_turns(student, name):
    """Two runs that take turns end where they end one after the other."""
    first, second = [[1.0], [2.0], [-1.0]], [[-3.0], [0.5], [0.25]]
    alone = [run(student, name, [0.0], g, **RATES[name])[-1] for g in (first, second)]
    points, states = [np.zeros(1), np.zeros(1)], [None, None]
    for t in (1, 2, 3):
        for k, gradients in enumerate((first, second)):
            points[k], states[k] = step(
                student, name, points[k], np.array(gradients[t - 1]), states[k], t, **RATES[name]
            )
    assert_close(points[0], alone[0], name="the first run")
    assert_close(points[1], alone[1], name="the second run")
