"""optim: torch.optim, closed forms of quadratics and published constants as oracles."""

import math

import numpy as np
import pytest
import torch

from tdlcourse import optim

STEPS = {
    "sgd": optim.step_sgd,
    "momentum": optim.step_momentum,
    "adagrad": optim.step_adagrad,
    "adadelta": optim.step_adadelta,
    "rmsprop": optim.step_rmsprop,
    "adam": optim.step_adam,
}
TORCH = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.02),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.02),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=0.02),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.02),
    "adam": lambda p: torch.optim.Adam(p, lr=0.02),
}


def rosenbrock(w):
    """A curved valley; numpy or torch, any even number of weights."""
    a, b = w[0::2], w[1::2]
    return ((1 - a) ** 2 + 10 * (b - a**2) ** 2).sum()


def gradient(w, scale=1.0):
    w = torch.tensor(np.asarray(w), requires_grad=True)
    return torch.autograd.grad(scale * rosenbrock(w), w)[0].numpy()


START = np.array([-0.5, 0.8, 0.3, -0.2, 1.1, 0.4])


def ours(step, n=50, scale=1.0, **hyper):
    w, state, path = START, None, []
    for t in range(1, n + 1):
        w, state = step(w, gradient(w, scale), state, t, **hyper)
        path.append(w)
    return np.array(path)


def torchs(make, n=50, scale=1.0):
    w = torch.tensor(START, requires_grad=True)
    optimizer, path = make([w]), []
    for _ in range(n):
        optimizer.zero_grad()
        (scale * rosenbrock(w)).backward()
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


# ------------------------------------------------------------------------ first-order steps


@pytest.mark.ground_truth(
    function="optim.step_*",
    result="50 steps on a Rosenbrock valley",
    source="torch.optim",
    figure="<= 1e-10",
)
@pytest.mark.parametrize("name", STEPS)
def test_fifty_steps_are_torchs(name, record_property):
    deviation = abs(ours(STEPS[name], lr=0.02) - torchs(TORCH[name])).max()
    assert deviation <= 1e-10
    record_property("deviation", deviation)


def by_formula(name, scale, eps_inside):
    """The formulas of the papers, one weight at a time, in plain Python floats."""
    w, total, mean = list(START), [0.0] * 6, [0.0] * 6
    for t in range(1, 51):
        g = gradient(np.array(w), scale)
        for i in range(6):
            gi = float(g[i])
            if name == "adagrad":
                total[i] += gi * gi
                up, square, eps = gi, total[i], 1e-10
            elif name == "rmsprop":
                total[i] += (1 - 0.99) * (gi * gi - total[i])
                up, square, eps = gi, total[i], 1e-8
            else:
                mean[i] += (1 - 0.9) * (gi - mean[i])
                total[i] += (1 - 0.999) * (gi * gi - total[i])
                up, square, eps = mean[i] / (1 - 0.9**t), total[i] / (1 - 0.999**t), 1e-8
            w[i] -= 0.02 * up / (math.sqrt(square + eps) if eps_inside else math.sqrt(square) + eps)
    return np.array(w)


@pytest.mark.ground_truth(
    function="optim.step_*",
    result="both placements of eps, also for gradients of size 1e-4",
    source="the papers' formulas in scalar arithmetic",
    figure="<= 1e-10 to each convention",
)
@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam"])
@pytest.mark.parametrize("scale", [1.0, 1e-4])
@pytest.mark.parametrize("eps_inside", [False, True])
def test_both_conventions_of_eps(name, scale, eps_inside, record_property):
    path = ours(STEPS[name], scale=scale, lr=0.02, eps_inside=eps_inside)
    deviation = abs(path[-1] - by_formula(name, scale, eps_inside)).max()
    assert deviation <= 1e-10
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="optim.step_adagrad",
    result="erratum: eps inside the root (deck) is not torch's eps outside",
    source="Artieres deck, 'Adagrad'",
    figure="trajectories differ by less than 1e-8 for gradients of size 1, by > 1e-3 at 1e-6",
)
def test_the_placement_of_eps_matters_for_small_gradients(record_property):
    def gap(name, scale):
        pair = [ours(STEPS[name], scale=scale, lr=0.02, eps_inside=e)[-1] for e in (False, True)]
        return abs(pair[0] - pair[1]).max()

    assert 0 < gap("adagrad", 1.0) < 1e-8
    assert gap("adagrad", 1e-6) > 1e-3
    assert gap("rmsprop", 1e-4) > 1e-3 and gap("adam", 1e-4) > 1e-3
    record_property("deviation", gap("adagrad", 1.0))


@pytest.mark.ground_truth(
    function="optim.step_nesterov",
    result="erratum: the deck's iterates are not torch's, its look-ahead points are",
    source="Artieres deck, 'Nesterov accelerated gradient'; torch.optim.SGD(nesterov=True)",
    figure="look-ahead equal to 1e-14, iterates differ by > 1e-4",
)
def test_nesterov_is_torchs_in_other_coordinates(record_property):
    w, state, iterates, ahead = START, None, [], []
    for t in range(1, 51):
        w, state = optim.step_nesterov(w, gradient, state, t, lr=0.005)
        iterates.append(w)
        ahead.append(w - 0.9 * state["v"])
    expected = torchs(lambda p: torch.optim.SGD(p, lr=0.005, momentum=0.9, nesterov=True))
    deviation = abs(np.array(ahead) - expected).max()
    assert deviation <= 1e-14
    assert abs(np.array(iterates) - expected).max() > 1e-4
    record_property("deviation", deviation)


def test_the_rate_inside_or_outside_the_velocity_matters_only_under_a_schedule():
    inside, outside = (ours(optim.step_momentum, lr=0.01, lr_inside=i) for i in (True, False))
    assert np.allclose(inside, outside, rtol=0, atol=1e-13)
    paths = []
    for lr_inside in (True, False):
        w, state = START, None
        for t in range(1, 21):
            lr = optim.step_decay(t, 0.01, 10)
            w, state = optim.step_momentum(w, gradient(w), state, t, lr=lr, lr_inside=lr_inside)
        paths.append(w)
    assert abs(paths[0] - paths[1]).max() > 1e-2


@pytest.mark.ground_truth(
    function="optim.step_adam",
    result="the first step has length lr whatever the gradient; without correction 3.16 lr",
    source="Kingma & Ba 2015, section 2.1",
    figure="lr; (1 - 0.9) / sqrt(1 - 0.999) = 3.162",
)
def test_adams_bias_correction(record_property):
    g = np.array([1e-3, -5.0, 1e4])
    w, state = optim.step_adam(np.zeros(3), g, None, 1, lr=0.1)
    assert np.allclose(w, -0.1 * np.sign(g), rtol=1e-4)
    uncorrected = state["m"] / np.sqrt(state["s"])
    deviation = abs(abs(uncorrected) - 0.1 / math.sqrt(0.001)).max()
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.parametrize("name", STEPS)
def test_steps_change_nothing_and_keep_the_kind(name):
    w, g = START.copy(), gradient(START)
    before = g.copy()
    _, state = STEPS[name](w, g, None, 1, lr=0.1)
    kept = {k: v.copy() for k, v in state.items()}
    STEPS[name](w, g, state, 2, lr=0.1)
    assert np.array_equal(w, START) and np.array_equal(g, before)
    assert all(np.array_equal(state[k], kept[k]) for k in kept)
    for dtype in (torch.float32, torch.float64):
        tensor, memory = STEPS[name](torch.tensor(w, dtype=dtype), g, None, 1, lr=0.1)
        assert tensor.dtype == dtype and all(v.dtype == dtype for v in memory.values())
    scalar, _ = STEPS[name](1.0, 2.0, None, 1, lr=0.1)
    assert scalar < 1


# ----------------------------------------------------------------- quadratics: rates and limits


def iteration_matrix(step, curvatures, n, **hyper):
    """The linear map that n steps apply to the start, from the images of unit vectors."""
    columns = []
    for unit in np.eye(len(curvatures)):
        w, state = unit, None
        for t in range(1, n + 1):
            w, state = step(w, curvatures * w, state, t, **hyper)
        columns.append(w)
    return np.array(columns).T


@pytest.mark.ground_truth(
    function="optim.step_sgd",
    result="best rate on a quadratic, (kappa - 1) / (kappa + 1) at lr = 2 / (min + max)",
    source="Polyak 1964; Nocedal & Wright 2006, section 3.3",
    figure="kappa = 100: .9802",
)
def test_gradient_descents_rate(record_property):
    curvatures = np.array([1.0, 30.0, 100.0])
    step = iteration_matrix(optim.step_sgd, curvatures, 1, lr=2 / 101)
    rate = abs(np.linalg.eigvals(step)).max()
    assert round(rate, 4) == 0.9802
    for lr in (1.9 / 101, 2.1 / 101):  # no other rate is as good
        other = iteration_matrix(optim.step_sgd, curvatures, 1, lr=lr)
        assert abs(np.linalg.eigvals(other)).max() > rate
    diverging = iteration_matrix(optim.step_sgd, curvatures, 200, lr=1.01 * 2 / 100)
    assert np.linalg.norm(diverging, 2) > 40
    record_property("deviation", abs(rate - 99 / 101))


def heavy_ball_matrix(curvature, lr, momentum):
    """One step on (w, v), by applying the step to both unit vectors."""
    columns = []
    for w, v in np.eye(2):
        w, state = optim.step_momentum(w, curvature * w, {"v": v}, 2, lr=lr, momentum=momentum)
        columns.append([w, state["v"]])
    return np.array(columns).T


@pytest.mark.ground_truth(
    function="optim.step_momentum",
    result="heavy ball: spectral radius (sqrt(kappa) - 1) / (sqrt(kappa) + 1), defective there",
    source="Polyak 1964, and the curriculum's correction 2.1",
    figure="kappa = 100: .8182; |A^50| = 4.5e-3 against rho^50 = 4.4e-5",
)
def test_heavy_balls_radius_and_why_it_is_no_bound(record_property):
    kappa = 100.0
    root = math.sqrt(kappa)
    lr, momentum = 4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2
    rho = (root - 1) / (root + 1)
    assert round(rho, 4) == 0.8182
    powers = []
    for curvature in (1.0, 7.0, kappa):
        A = heavy_ball_matrix(curvature, lr, momentum)
        # a double eigenvalue is computed to sqrt(machine precision) only
        assert abs(np.linalg.eigvals(A)).max() == pytest.approx(rho, abs=1e-7)
        powers.append(np.linalg.norm(np.linalg.matrix_power(A, 50), 2))
    assert f"{rho**50:.1e}" == "4.4e-05"
    companion = np.array([[1 + momentum - lr * kappa, -momentum], [1.0, 0.0]])
    norm = np.linalg.norm(np.linalg.matrix_power(companion, 50), 2)
    assert f"{norm:.1e}" == "4.5e-03" and max(powers) > 10 * rho**50
    record_property("deviation", abs(rho - 9 / 11))


@pytest.mark.ground_truth(
    function="optim.step_sgd",
    result="from 0, gradient descent and heavy ball reach A^+ b; Adam does not",
    source="least squares: iterates stay in the row space",
    figure="1e-12 against > 0.01",
)
def test_implicit_bias_of_least_squares(record_property):
    rng = np.random.default_rng(0)
    A, b = rng.normal(size=(5, 12)), rng.normal(size=5)
    least_norm = np.linalg.pinv(A) @ b
    ends = {}
    for name, lr in (("sgd", 0.03), ("momentum", 0.01), ("adam", 0.001)):
        w, state = np.zeros(12), None
        for t in range(1, 4001):
            w, state = STEPS[name](w, A.T @ (A @ w - b), state, t, lr=lr)
        assert np.linalg.norm(A @ w - b) <= 1e-6
        ends[name] = np.linalg.norm(w - least_norm)
    assert max(ends["sgd"], ends["momentum"]) <= 1e-12
    assert ends["adam"] > 0.01
    record_property("deviation", ends["sgd"])


# --------------------------------------------------------------------------------------- newton


@pytest.mark.ground_truth(
    function="optim.newton",
    result="one step solves a quadratic",
    source="closed form",
    figure="numpy.linalg.lstsq",
)
def test_one_step_solves_a_quadratic(record_property):
    rng = np.random.default_rng(1)
    M = rng.normal(size=(6, 6))
    H, b, w = M @ M.T + np.eye(6), rng.normal(size=6), rng.normal(size=6)
    expected = np.linalg.lstsq(H, b, rcond=None)[0]
    deviation = abs(optim.newton(w, H @ w - b, H) - expected).max()
    assert deviation <= 1e-12
    tensors = (torch.tensor(a) for a in (w, H @ w - b, H))
    assert np.allclose(optim.newton(*tensors).numpy(), expected, rtol=0, atol=1e-12)
    record_property("deviation", deviation)


def test_damping_interpolates_between_newton_and_a_small_gradient_step():
    H, g, w = np.diag([4.0, -1.0]), np.array([1.0, 1.0]), np.zeros(2)
    assert np.allclose(optim.newton(w, g, H, damping=2.0), -g / [6.0, 1.0])
    assert np.allclose(1e9 * optim.newton(w, g, H, damping=1e9), -g, rtol=1e-8)


def test_a_hessian_that_is_not_symmetric_is_not_transposed():
    H = np.array([[2.0, 1.0], [0.0, 1.0]])
    assert np.allclose(optim.newton(np.zeros(2), [1.0, 1.0], H), [0.0, -1.0])


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_a_singular_hessian_is_an_error(kind):
    with pytest.raises(ValueError, match=r"hess \+ damping I must be an invertible matrix"):
        optim.newton(kind([1.0, 1.0]), kind([1.0, 1.0]), kind([[1.0, 1.0], [1.0, 1.0]]))


# --------------------------------------------------------------------------------- perturbed gd


def saddle_gradient(x):
    """f = x_0^2 / 2 - x_1^2 / 2 + x_1^4 / 4: saddle at 0, minima of value -1/4 at (0, +-1)."""
    return np.array([x[0], x[1] ** 3 - x[1]])


@pytest.mark.ground_truth(
    function="optim.perturbed_gd",
    result="leaves a strict saddle from its stable manifold; gradient descent does not",
    source="Jin et al. 2017",
    figure="40 seeds, numpy and torch generators",
)
def test_noise_escapes_the_saddle(record_property):
    start = np.array([1.0, 0.0])
    gens = [np.random.default_rng(s) for s in range(20)]
    gens += [torch.Generator().manual_seed(s) for s in range(20)]
    ends = [optim.perturbed_gd(saddle_gradient, start, 0.1, 0.01, 1e-3, g, 400) for g in gens]
    deviation = max(max(abs(x[0]), abs(abs(x[1]) - 1)) for x in ends)
    assert deviation <= 0.05
    assert {np.sign(x[1]) for x in ends} == {-1.0, 1.0}
    still = optim.perturbed_gd(saddle_gradient, start, 0.1, 0.0, 1e-3, gens[0], 400)
    assert abs(still).max() <= 1e-12 and np.array_equal(start, [1.0, 0.0])
    record_property("deviation", deviation)


def test_noise_is_uniform_on_the_ball_and_only_where_the_gradient_is_small():
    gen = np.random.default_rng(0)
    d, n, r = 3, 4000, 2.0
    # eta tiny: the step itself is invisible, what remains is one draw of the noise
    draws = [
        optim.perturbed_gd(lambda x: 0 * x, np.zeros(d), 1e-9, r, 1.0, gen, 1) for _ in range(n)
    ]
    radii = np.linalg.norm(draws, axis=1)
    assert radii.max() <= r
    # (|x| / r)^d is uniform: mean 1/2, standard error sqrt(1 / 12 n)
    assert abs(((radii / r) ** d).mean() - 0.5) <= 6 / math.sqrt(12 * n)
    assert abs(np.mean(draws, axis=0)).max() <= 6 * r / math.sqrt(5 * n)  # variance r^2 / (d + 2)
    far = optim.perturbed_gd(lambda x: 0 * x + 2.0, np.zeros(d), 0.5, r, 1.0, gen, 3)
    assert np.allclose(far, -3.0)


def test_noise_waits():
    count = {}
    for wait in (0, 4):
        gen, points = np.random.default_rng(0), []
        optim.perturbed_gd(
            lambda x, seen=points: (seen.append(x), 0 * x)[1],
            np.zeros(2),
            1.0,
            1.0,
            1.0,
            gen,
            10,
            wait=wait,
        )
        count[wait] = len({tuple(p) for p in points}) - 1
    assert count == {0: 10, 4: 2}


# ------------------------------------------------------------------------- schedules, clipping


def torch_rates(make, n):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    schedule, rates = make(optimizer), []
    for _ in range(n):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.ground_truth(
    function="optim.*_decay",
    result="step, exponential, cosine decay and linear warm-up",
    source="torch.optim.lr_scheduler",
    figure="40 steps",
)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            lambda t: optim.step_decay(t, 0.3, 7, 0.5),
            lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.5),
        ),
        (
            lambda t: optim.exponential_decay(t, 0.3, 0.9),
            lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
        ),
        (
            lambda t: optim.cosine_decay(t, 0.3, 39, 0.01),
            lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 39, 0.01),
        ),
        (
            lambda t: optim.linear_warmup(t, 0.3, 10),
            lambda o: torch.optim.lr_scheduler.LinearLR(o, 1 / 10, 1.0, 9),
        ),
    ],
    ids=["step", "exponential", "cosine", "warmup"],
)
def test_schedules_are_torchs(ours, theirs, record_property):
    deviation = max(abs(ours(t) - rate) for t, rate in enumerate(torch_rates(theirs, 40), start=1))
    assert deviation <= 1e-14
    record_property("deviation", deviation)


def test_inverse_time_meets_robbins_and_monros_conditions():
    rates = np.array([optim.inverse_time_decay(t, 2.0) for t in range(1, 100_001)])
    assert rates[0] == 2.0 and rates[9] == pytest.approx(0.2)
    assert rates.sum() > 2 * math.log(100_000)  # harmonic: diverges
    assert (rates**2).sum() < 4 * math.pi**2 / 6  # converges


def test_cosine_stays_at_its_end():
    assert optim.cosine_decay(500, 1.0, 10, 0.25) == 0.25


@pytest.mark.ground_truth(
    function="optim.clip_grad_norm",
    result="global norm, scaled to max_norm",
    source="Pascanu, Mikolov & Bengio 2013",
    figure="torch.nn.utils.clip_grad_norm_ up to its 1e-6",
)
def test_clipping_is_torchs_up_to_its_constant(record_property):
    rng = np.random.default_rng(2)
    grads = [rng.normal(size=(3, 4)), rng.normal(size=5), np.array(3.0)]
    parameters = [torch.zeros(g.shape, dtype=torch.float64) for g in grads]
    for p, g in zip(parameters, grads, strict=True):
        p.grad = torch.tensor(g)
    expected_norm = torch.nn.utils.clip_grad_norm_(parameters, 0.7).item()
    clipped, norm = optim.clip_grad_norm(grads, 0.7)
    deviation = abs(norm - expected_norm)
    assert deviation <= 1e-14
    for ours, p in zip(clipped, parameters, strict=True):
        assert np.allclose(ours, p.grad.numpy(), rtol=1.01e-6 / norm, atol=0)
    assert math.sqrt(sum((g**2).sum() for g in clipped)) == pytest.approx(0.7, rel=1e-14)
    record_property("deviation", deviation)


def test_small_zero_and_huge_gradients():
    grads = [np.array([0.3, -0.4])]
    clipped, norm = optim.clip_grad_norm(grads, 1.0)
    assert norm == 0.5 and np.array_equal(clipped[0], grads[0]) and clipped[0] is not grads[0]
    assert optim.clip_grad_norm([np.zeros(3)], 1.0)[1] == 0
    clipped, norm = optim.clip_grad_norm([np.full(4, 1e200)], 1.0)
    assert norm == pytest.approx(2e200, rel=1e-14) and np.allclose(clipped[0], 0.5)


def test_a_norm_above_the_largest_float_is_clipped_all_the_same():
    clipped, norm = optim.clip_grad_norm([np.full(4, 1.7e308), np.zeros(1)], 1.0)
    assert norm == math.inf and np.allclose(clipped[0], 0.5, rtol=1e-15) and clipped[1] == 0


def test_empty_and_differentiable_tensors_are_clipped():
    g = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    clipped, norm = optim.clip_grad_norm([torch.zeros(0, 2), g], 1.0)
    assert norm == 5 and clipped[0].shape == (0, 2)
    assert torch.allclose(clipped[1], g / 5, rtol=1e-15)


def test_no_steps_from_a_start_give_a_copy_of_it():
    x0 = np.ones(2)
    end = optim.perturbed_gd(lambda x: x, x0, 0.1, 0.1, 0.1, np.random.default_rng(0), 0)
    assert np.array_equal(end, x0) and not np.shares_memory(end, x0)


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (
            ValueError,
            lambda: optim.step_sgd([1.0], [1.0, 2.0], None, 1, lr=1),
            r"g must be of shape",
        ),
        (
            ValueError,
            lambda: optim.step_sgd([1.0], [1.0], None, 0, lr=1),
            r"t must be an integer in \[1",
        ),
        (
            ValueError,
            lambda: optim.step_adam([1.0], [1.0], None, 1, beta2=1.0),
            r"beta2 must be .*\[0, 1\)",
        ),
        (
            ValueError,
            lambda: optim.step_adam([1.0], [1.0], {"v": [1.0]}, 2),
            "state must be None or a map",
        ),
        (
            TypeError,
            lambda: optim.step_nesterov([1.0], [1.0], None, 1, lr=1),
            "grad must be a function",
        ),
        (
            ValueError,
            lambda: optim.newton([1.0], [1.0], [[1.0, 2.0]]),
            r"hess must be of shape \(1, 1\)",
        ),
        (ValueError, lambda: optim.cosine_decay(1, 0.1, 0), "total must be an integer"),
        (
            ValueError,
            lambda: optim.clip_grad_norm([[np.inf]], 1.0),
            r"grads\[0\] must be finite, got inf",
        ),
        (
            TypeError,
            lambda: optim.perturbed_gd(lambda x: 0 * x, [0.0], 1.0, 1.0, 1.0, 0, 1),
            "gen must be a numpy.random.Generator or a torch.Generator, got 0",
        ),
    ],
)
def test_wrong_arguments_are_named(kind, call, message):
    with pytest.raises(kind, match=message):
        call()
