"""Hidden tests of q2: each optimiser against all its documented conventions, each exactly.

The expected weights are written as explicit sums over all earlier gradients, with no recursion in
common with a step function (Adadelta, whose moves depend on moves, has sums inside a loop; Nesterov
is in the two-sequence form of the original paper). A run passes if *one* convention explains all
settings of a test. Everything is a sum of at most 50 rounded terms without cancellation worse than
the largest entry, so right programs agree to about 1e-14; the statement promises 1e-9.
"""

import copy

import numpy as np
import pytest

from autograder.testing import as_array, assert_close, assert_shape

pytestmark = pytest.mark.question("q2", timeout=30)

STEPS = 50


def step(student, name, w, g, state, t, **hyper):
    """New weights as a float array and the new state, after their form has been checked."""
    result = getattr(student, name)(w, g, state, t, **hyper)
    assert isinstance(result, tuple | list) and len(result) == 2, "(w, state) is needed"
    assert_shape(result[0], w.shape, name="the new weights")
    new = as_array(result[0])
    assert new.dtype == np.float64, f"the new weights must be float64, got {new.dtype}"
    return new, result[1]


def found(student, name, w, gradients, rates=None, **hyper):
    """All iterates of the student on prescribed gradients: (steps, *shape)."""
    path, state = [], None
    for t, g in enumerate(gradients, start=1):
        rate = {} if rates is None else {"lr": float(rates[t - 1])}
        w, state = step(student, name, w, g.copy(), state, t, **rate, **hyper)
        path.append(w)
    return np.array(path)


def decayed(values, factor):
    """Row t: the sum over s <= t of factor^(t - s) values[s]."""
    t = np.arange(len(values))
    powers = np.where(t[:, None] >= t, float(factor) ** np.maximum(t[:, None] - t, 0), 0.0)
    return np.tensordot(powers, values, axes=1)


def column(values, like):
    """`values`, one for each step, shaped to multiply a whole path."""
    return np.reshape(values, (-1,) + (1,) * (like.ndim - 1))


# Moves of each optimiser on gradients g of shape (steps, ...), in each documented convention.


def sgd_moves(g, rates):
    yield column(rates, g) * g


def momentum_moves(g, rates, momentum):
    yield decayed(column(rates, g) * g, momentum)
    yield column(rates, g) * decayed(g, momentum)


def adagrad_moves(g, rates, eps):
    total = np.cumsum(g**2, axis=0)
    yield column(rates, g) * g / np.sqrt(total + eps)
    yield column(rates, g) * g / (np.sqrt(total) + eps)


def rmsprop_moves(g, rates, rho, eps):
    mean = (1 - rho) * decayed(g**2, rho)
    yield column(rates, g) * g / (np.sqrt(mean) + eps)
    yield column(rates, g) * g / np.sqrt(mean + eps)


def adam_moves(g, rates, beta1, beta2, eps):
    t = column(np.arange(1, len(g) + 1), g)
    first = (1 - beta1) * decayed(g, beta1)
    second = (1 - beta2) * decayed(g**2, beta2)
    mean, square = first / (1 - beta1**t), second / (1 - beta2**t)
    yield column(rates, g) * mean / (np.sqrt(square) + eps)
    yield column(rates, g) * mean / np.sqrt(square + eps)
    yield column(rates, g) * mean * np.sqrt(1 - beta2**t) / (np.sqrt(second) + eps)


def adadelta_moves(g, rates, rho, eps):
    mean = (1 - rho) * decayed(g**2, rho)
    moves = np.zeros((0, *g.shape[1:]))
    for t in range(len(g)):
        ages = column(np.arange(t)[::-1], g)
        earlier = (1 - rho) * (rho**ages * moves**2).sum(axis=0)
        now = np.sqrt((earlier + eps) / (mean[t] + eps)) * g[t]
        moves = np.concatenate([moves, now[None]])
    yield moves


MOVES = {
    "step_sgd": sgd_moves,
    "step_momentum": momentum_moves,
    "step_adagrad": adagrad_moves,
    "step_adadelta": adadelta_moves,
    "step_rmsprop": rmsprop_moves,
    "step_adam": adam_moves,
}


def deviation(path, right):
    """The largest error, in units of 1e-9 of the value plus 1e-9 of the coordinate's largest."""
    allowed = 1e-9 * (np.abs(right) + np.abs(right).max(axis=0))
    return float((np.abs(path - right) / np.maximum(allowed, 1e-300)).max())


def assert_one_convention(student, name, runs):
    """All runs (start, gradients, rates, hyperparameters) agree with one and the same form."""
    worst = None
    for w, g, rates, hyper in runs:
        given = None if name == "step_adadelta" else rates
        path = found(student, name, w, g, given, **hyper)
        assert np.isfinite(path).all(), "the weights are not finite"
        rights = [w - np.cumsum(m, axis=0) for m in MOVES[name](g, rates, **hyper)]
        errors = np.array([deviation(path, right) for right in rights])
        worst = errors if worst is None else np.maximum(worst, errors)
    assert worst.min() <= 1, f"{name} agrees with no documented convention"


def constant(rate):
    return np.full(STEPS, rate)


def noise(rng, *shape, scale=1.0):
    """Gradients of one size with random signs: moduli between scale / 2 and 2 scale."""
    signs = rng.choice([-1.0, 1.0], size=(STEPS, *shape))
    return scale * signs * rng.uniform(0.5, 2.0, size=(STEPS, *shape))


@pytest.mark.question("q2", weight=1, hint="SGD: rate times gradient, subtracted; no memory.")
def test_sgd(student, rng):
    """SGD on random gradients, with a constant and with a changing rate."""
    runs = [
        (rng.normal(size=4), noise(rng, 4), constant(0.3), {}),
        (np.zeros((2, 3)), noise(rng, 2, 3, scale=1e-4), rng.uniform(0.1, 1, STEPS), {}),
    ]
    assert_one_convention(student, "step_sgd", runs)


@pytest.mark.question("q2", weight=3, hint="Momentum: what is kept, with which factor and sign?")
def test_momentum(student, rng):
    """Momentum with constant rates: both forms are the same then."""
    runs = [
        (rng.normal(size=3), noise(rng, 3), constant(0.1), {"momentum": 0.9}),
        (np.zeros(2), noise(rng, 2, scale=1e-4), constant(0.02), {"momentum": 0.5}),
        (np.zeros((2, 2)), noise(rng, 2, 2), constant(1.0), {"momentum": 0.0}),
    ]
    assert_one_convention(student, "step_momentum", runs)


@pytest.mark.question(
    "q2", weight=1, hint="Changing rates: the rate multiplies either each gradient or each move."
)
def test_momentum_with_a_schedule(student, rng):
    """Under a schedule all steps belong to one form: rate inside v, or outside."""
    falling = 0.5 / np.arange(1, STEPS + 1)
    drops = np.where(np.arange(STEPS) < 20, 0.1, 0.01)
    runs = [
        (rng.normal(size=3), noise(rng, 3), falling, {"momentum": 0.9}),
        (np.zeros(2), noise(rng, 2), drops, {"momentum": 0.8}),
    ]
    assert_one_convention(student, "step_momentum", runs)


def bowl(rng, d):
    """A gradient w -> A w - b + tanh(w), with the eigenvalues of A between 0.1 and 1."""
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    A = Q @ np.diag(np.geomspace(0.1, 1.0, d)) @ Q.T
    b = rng.normal(size=d)
    return lambda w: A @ w - b + np.tanh(w)


@pytest.mark.parametrize(("lr", "momentum"), [(0.2, 0.9), (0.45, 0.6), (0.3, 0.0)])
@pytest.mark.question(
    "q2", weight=4, hint="Nesterov: where is the gradient taken, and from where does the step go?"
)
def test_nesterov(student, rng, lr, momentum):
    """Nesterov on two functions agrees with the slide's coordinates, or with torch's."""
    # The Hessian's eigenvalues are between 0.1 and 2 and lr < 1/2: the maps are contractions in a
    # suitable norm, and rounding errors stay near 1e-15.
    worst = np.zeros(2)
    for d in (3, 5):
        slope, w, state = bowl(rng, d), rng.normal(size=d), None
        behind, ahead, rights = w, w, [[], []]
        path = []
        for t in range(1, STEPS + 1):
            grad = {"grad": lambda x, slope=slope: slope(as_array(x))}["grad"]
            w, state = step(student, "step_nesterov", w, grad, state, t, lr=lr, momentum=momentum)
            path.append(w)
            # Nesterov 1983: a gradient step from the point ahead, then a jump along the last move.
            landed = ahead - lr * slope(ahead)
            behind, ahead = landed, landed + momentum * (landed - behind)
            rights[0].append(behind)
            rights[1].append(ahead)
        errors = [deviation(np.array(path), np.array(right)) for right in rights]
        worst = np.maximum(worst, errors)
    assert worst.min() <= 1, "step_nesterov agrees with neither form"


@pytest.mark.question("q2", weight=2, hint="Adagrad: a sum of squares, under a root, with eps.")
def test_adagrad(student, rng):
    """Adagrad with small and large eps, in one of the two conventions."""
    runs = [
        (rng.normal(size=3), noise(rng, 3), constant(0.1), {"eps": 1e-10}),
        (np.zeros(3), noise(rng, 3), constant(0.5), {"eps": 0.3}),
    ]
    assert_one_convention(student, "step_adagrad", runs)


@pytest.mark.question("q2", weight=1, hint="Adagrad, small gradients: where does eps stand?")
def test_adagrad_on_small_gradients(student, rng):
    """Gradients of size 1e-4 and eps of the size of their squares, or of themselves."""
    runs = [
        (np.zeros(3), noise(rng, 3, scale=1e-4), constant(0.1), {"eps": 1e-8}),
        (np.zeros((2, 2)), noise(rng, 2, 2, scale=1e-4), constant(0.1), {"eps": 1e-4}),
    ]
    assert_one_convention(student, "step_adagrad", runs)


@pytest.mark.parametrize("rho", [0.9, 0.5])
@pytest.mark.question(
    "q2", weight=3, hint="Adadelta: two running means; which one is used before its update?"
)
def test_adadelta(student, rng, rho):
    """Adadelta with small and large eps."""
    ones = constant(1.0)
    runs = [
        (rng.normal(size=3), noise(rng, 3), ones, {"rho": rho, "eps": 1e-6}),
        (np.zeros((2, 3)), noise(rng, 2, 3), ones, {"rho": rho, "eps": 0.2}),
    ]
    assert_one_convention(student, "step_adadelta", runs)


@pytest.mark.question("q2", weight=1, hint="Adadelta: eps stands inside both roots.")
def test_adadelta_on_small_gradients(student, rng):
    """Adadelta on gradients whose squares are as small as eps."""
    ones = constant(1.0)
    runs = [(np.zeros(3), noise(rng, 3, scale=1e-3), ones, {"rho": 0.95, "eps": 1e-6})]
    assert_one_convention(student, "step_adadelta", runs)


@pytest.mark.question("q2", weight=2, hint="RMSprop: a running mean of squares, used after update.")
def test_rmsprop(student, rng):
    """RMSprop with small and large eps, in one of the two conventions."""
    runs = [
        (rng.normal(size=3), noise(rng, 3), constant(0.1), {"rho": 0.9, "eps": 1e-8}),
        (np.zeros((2, 2)), noise(rng, 2, 2), constant(0.1), {"rho": 0.6, "eps": 0.3}),
    ]
    assert_one_convention(student, "step_rmsprop", runs)


@pytest.mark.question("q2", weight=1, hint="RMSprop, small gradients: where does eps stand?")
def test_rmsprop_on_small_gradients(student, rng):
    """Gradients of size 1e-4 and eps of the size of their squares, or of themselves."""
    runs = [
        (np.zeros(3), noise(rng, 3, scale=1e-4), constant(0.1), {"rho": 0.9, "eps": 1e-8}),
        (np.zeros(3), noise(rng, 3, scale=1e-4), constant(0.1), {"rho": 0.99, "eps": 1e-4}),
    ]
    assert_one_convention(student, "step_rmsprop", runs)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.8), (0.0, 0.9)])
@pytest.mark.question(
    "q2", weight=4, hint="Adam: two running means, each corrected by its own beta."
)
def test_adam(student, rng, beta1, beta2):
    """Adam with small and large eps, in one of the three conventions."""
    betas = {"beta1": beta1, "beta2": beta2}
    runs = [
        (rng.normal(size=3), noise(rng, 3), constant(0.1), {"eps": 1e-8, **betas}),
        (np.zeros((2, 3)), noise(rng, 2, 3), constant(0.01), {"eps": 0.3, **betas}),
    ]
    assert_one_convention(student, "step_adam", runs)


@pytest.mark.question("q2", weight=1, hint="Adam, small gradients: where does eps stand?")
def test_adam_on_small_gradients(student, rng):
    """Gradients of size 1e-4 and eps of the size of their squares, or of themselves."""
    betas = {"beta1": 0.9, "beta2": 0.99}
    runs = [
        (np.zeros(3), noise(rng, 3, scale=1e-4), constant(0.01), {"eps": 1e-8, **betas}),
        (np.zeros(3), noise(rng, 3, scale=1e-4), constant(0.01), {"eps": 1e-4, **betas}),
    ]
    assert_one_convention(student, "step_adam", runs)


ADAPTIVE = {
    "step_adagrad": {"eps": 1e-3},
    "step_rmsprop": {"rho": 0.8, "eps": 1e-3},
    "step_adam": {"beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
}


@pytest.mark.parametrize("name", list(ADAPTIVE))
@pytest.mark.question(
    "q2", weight=1, hint="Changing rates: the rate of a step concerns this step only."
)
def test_adaptive_methods_with_a_schedule(student, rng, name):
    """Adagrad, RMSprop and Adam keep gradients in their memories, not rates."""
    rates = np.where(np.arange(STEPS) % 10 < 5, 0.1, 0.003)
    runs = [(np.zeros(3), noise(rng, 3), rates, ADAPTIVE[name])]
    assert_one_convention(student, name, runs)


ALL = {
    "step_sgd": {"lr": 0.2},
    "step_momentum": {"lr": 0.1, "momentum": 0.7},
    "step_nesterov": {"lr": 0.1, "momentum": 0.7},
    "step_adagrad": {"lr": 0.1, "eps": 1e-3},
    "step_adadelta": {"rho": 0.8, "eps": 1e-3},
    "step_rmsprop": {"lr": 0.1, "rho": 0.8, "eps": 1e-3},
    "step_adam": {"lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
}


def pulled(student, name, w, g, state, t):
    """One step of any of the seven; Nesterov gets the gradient function x -> x + g."""
    gradient = (lambda x: as_array(x) + g) if name == "step_nesterov" else g
    return step(student, name, w, gradient, state, t, **ALL[name])


def has_moved(name, start, w):
    """Whether the weights have gone somewhere: a function that does nothing earns nothing."""
    assert np.abs(w - start).max() > 1e-4, f"{name} did not move"


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.question("q2", weight=1, hint="w, g and the state that you get are not yours.")
def test_arguments_stay_as_they_were(student, rng, name):
    """w, g and state are unchanged, and a step from the same state can be repeated."""
    w, state = rng.normal(size=4), None
    start = w
    for t in range(1, 4):
        g = rng.uniform(0.5, 2.0, size=4)
        w_before, g_before, state_before = w.copy(), g.copy(), copy.deepcopy(state)
        new, new_state = pulled(student, name, w, g, state, t)
        again, _ = pulled(student, name, w, g, state, t)
        assert np.array_equal(w, w_before) and np.array_equal(g, g_before), "w or g was changed"
        assert repr(state) == repr(state_before), "the state was changed"
        assert_close(again, new, rtol=1e-12, name="the same step again")
        w, state = new, new_state
    has_moved(name, start, w)


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.question("q2", weight=1, hint="A run remembers in its state and nowhere else.")
def test_two_runs_in_turns(student, rng, name):
    """Runs of different shapes that take turns do what they do alone."""
    starts = [rng.normal(size=3), rng.normal(size=(2, 2))]
    signals = [noise(rng, 3)[:6], noise(rng, 2, 2)[:6]]
    alone = []
    for w, signal in zip(starts, signals, strict=True):
        state = None
        for t in range(1, 7):
            w, state = pulled(student, name, w, signal[t - 1], state, t)
        alone.append(w)
    points, states = list(starts), [None, None]
    for t in range(1, 7):
        for k in (0, 1):
            points[k], states[k] = pulled(student, name, points[k], signals[k][t - 1], states[k], t)
    for k in (0, 1):
        assert_close(points[k], alone[k], rtol=1e-12, name="a run in turns")
        has_moved(name, starts[k], points[k])


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.question("q2", weight=1, hint="Coordinates are independent; any shape, any strides.")
def test_shapes_and_strides(student, rng, name):
    """A matrix of weights, strided, goes the way of its entries in one long vector."""
    flat_start, signal = rng.normal(size=6), noise(rng, 6)[:4]
    wide = np.zeros((4, 6))
    matrix, flat = wide[::2, ::2], flat_start
    matrix[...] = flat_start.reshape(2, 3)
    states = [None, None]
    for t in range(1, 5):
        g = np.repeat(signal[t - 1].reshape(2, 3), 2, axis=1)[:, ::2]
        matrix, states[0] = pulled(student, name, matrix, g, states[0], t)
        flat, states[1] = pulled(student, name, flat, signal[t - 1], states[1], t)
    assert_close(matrix.reshape(6), flat, rtol=1e-12, name="the matrix")
    has_moved(name, flat_start, flat)
