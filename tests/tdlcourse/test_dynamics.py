"""dynamics: ODE solvers, autograd, sampling and conservation laws as oracles."""

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from scipy.integrate import solve_ivp
from scipy.stats import entropy
from torch import nn
from torch.autograd.functional import jvp

from tdlcourse import _factor_loops
from tdlcourse.dynamics import (
    balance_gaps,
    conservation_error,
    deep_mf,
    effective_rank,
    end_to_end,
    end_to_end_update,
    factor_descent,
    gaussian_factors,
    plot_singular_values,
    saxe_mode,
    singular_value_paths,
)

matplotlib.use("Agg")


def completion(d, rank=2, observed=0.6, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(d, rank)) @ rng.normal(size=(rank, d))
    return A, rng.random((d, d)) < observed


def balanced_factors(W, N):
    """Factors W_1, ..., W_N of W with W_{j+1}^T W_{j+1} = W_j W_j^T, by its SVD."""
    u, sigma, vh = np.linalg.svd(W, full_matrices=False)
    root = np.diag(sigma ** (1 / N))
    if N == 1:
        return [W]
    return [root @ vh, *[root] * (N - 2), u @ root]


# ------------------------------------------------------------------------------------- saxe_mode


@pytest.mark.ground_truth(
    function="dynamics.saxe_mode",
    result="u(2) = 2.99449874 for s = 3, u0 = 0.01, tau = 1",
    source="Saxe et al. 2014, section 1",
    figure="2.99449874; ODE solver at relative tolerance 1e-12",
)
def test_saxe_mode_solves_its_equation(record_property):
    assert abs(saxe_mode(2.0, 3.0, 0.01, 1.0) - 2.99449874) < 1e-8  # ...874798
    deviation = 0.0
    for s, u0, tau in [(3.0, 0.01, 1.0), (0.5, 2.0, 0.3), (0.0, 0.7, 2.0)]:
        times = np.linspace(0, 3, 40)
        solved = solve_ivp(
            lambda t, u, s=s, tau=tau: 2 * u * (s - u) / tau,
            (0, 3),
            [u0],
            t_eval=times,
            method="DOP853",
            rtol=1e-12,
            atol=1e-13,
        )
        deviation = max(deviation, abs(saxe_mode(times, s, u0, tau) - solved.y[0]).max())
    assert deviation <= 1e-10
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="dynamics.saxe_mode",
    result="gradient descent follows the mode; balance stays exact from an aligned start",
    source="Saxe et al. 2014, section 1",
    figure="3e-5 at lr = 1e-4; drift of the balance 5e-14, here <= 1e-13",
)
def test_gradient_descent_of_two_layers_follows_the_modes(record_property):
    s, u0, lr, steps = np.array([3.0, 1.0, 0.2]), 0.01, 1e-4, 20_000
    start = np.stack([np.sqrt(u0) * np.eye(3)] * 2)
    factors = factor_descent(start, np.diag(s), np.ones((3, 3), bool), lr, steps)
    strengths = np.diag(end_to_end(factors))
    deviation = abs(strengths - saxe_mode(lr * steps, s, u0)).max()
    assert deviation <= 5e-5  # Euler's error, of order lr
    assert abs(balance_gaps(factors)).max() <= 1e-13
    record_property("deviation", deviation)


def test_saxe_mode_neither_overflows_nor_divides_by_zero():
    assert saxe_mode(1e9, 3.0, 1e-12) == pytest.approx(3.0, rel=1e-15)
    assert saxe_mode(0.0, 3.0, 0.5) == 0.5
    assert saxe_mode(np.inf, [0.0, 3.0], 0.5).tolist() == [0, 3]  # where the modes end
    assert saxe_mode(torch.tensor(np.inf), [0.0, 3.0], 0.5).tolist() == [0, 3]
    assert saxe_mode(5.0, 0.0, 0.5, 2.0) == pytest.approx(0.5 / (1 + 2 * 0.5 * 5 / 2), rel=1e-15)
    # The limit s -> 0 is continuous.
    assert saxe_mode(5.0, 1e-13, 0.5) == pytest.approx(float(saxe_mode(5.0, 0.0, 0.5)), rel=1e-11)


def test_saxe_mode_broadcasts_and_keeps_tensors():
    u = saxe_mode(torch.linspace(0, 1, 5)[:, None], [1.0, 2.0], 0.1)
    assert isinstance(u, torch.Tensor) and u.shape == (5, 2) and u.dtype == torch.float32
    assert saxe_mode([[0], [1]], [1, 2, 3], 0.1).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((-1, 1, 1), "t"), ((1, -1, 1), "s"), ((1, 1, 0), "u0"), ((1, 1, 1, 0), "tau")],
)
def test_saxe_mode_names_the_argument_out_of_range(arguments, name):
    with pytest.raises(ValueError, match=f"^{name} must be (positive|non-negative), got "):
        saxe_mode(*arguments)


# ----------------------------------------------------------------------------- end_to_end_update


@pytest.mark.ground_truth(
    function="dynamics.end_to_end_update",
    result="the product's first-order change under gradient descent on balanced factors",
    source="Arora, Cohen & Hazan 2018, theorem 1",
    figure="autograd, N = 1..5, square and not, full rank and not",
)
def test_end_to_end_update_is_the_derivative_of_the_product(record_property):
    rng, deviation = np.random.default_rng(0), 0.0
    for shape in [(4, 4), (3, 5), (6, 2)]:
        for N in range(1, 6):
            W = rng.normal(size=shape)
            if shape == (4, 4):
                W[:, 0] = W[:, 1]  # a kernel, where the power 0 must still be the identity
            G = rng.normal(size=shape)
            factors = [torch.tensor(f, requires_grad=True) for f in balanced_factors(W, N)]

            def product(*parts):
                total = parts[0]
                for part in parts[1:]:
                    total = part @ total
                return total

            slopes = torch.autograd.grad((product(*factors) * torch.tensor(G)).sum(), factors)
            _, change = jvp(product, tuple(f.detach() for f in factors), tuple(slopes))
            update = end_to_end_update(W, G, N, 0.1)
            deviation = max(deviation, abs(update - (W - 0.1 * change.numpy())).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="dynamics.end_to_end_update",
    result="d sigma / dt = -N sigma^(2 - 2/N) <grad, u v^T>",
    source="Arora, Cohen, Hu & Luo 2019, theorem 3",
    figure="N = 1..4",
)
def test_singular_values_move_at_the_predicted_speed(record_property):
    rng, deviation = np.random.default_rng(1), 0.0
    W, G = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    u, sigma, vh = np.linalg.svd(W, full_matrices=False)
    for N in range(1, 5):
        speed = np.diag(u.T @ (end_to_end_update(W, G, N, 1.0) - W) @ vh.T)
        predicted = -N * sigma ** (2 - 2 / N) * np.diag(u.T @ G @ vh.T)
        deviation = max(deviation, abs(speed - predicted).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="dynamics.singular_value_paths",
    result="singular values of gradient flow against gradient descent at lr = 1e-4",
    source="Arora, Cohen & Hazan 2018, theorem 1",
    figure="of order lr: <= 3e-4, a quarter at a quarter of lr",
)
def test_gradient_descent_follows_the_end_to_end_flow(record_property):
    rng, N, d, lr, T = np.random.default_rng(2), 3, 4, 1e-4, 1.0
    A, W0 = rng.normal(size=(d, d)), 0.5 * rng.normal(size=(d, d))

    def power(matrix, exponent):
        values, vectors = np.linalg.eigh(matrix)
        return (vectors * np.clip(values, 0, None) ** exponent) @ vectors.T

    def flow(_, flat):
        W = flat.reshape(d, d)
        powers = [
            power(W @ W.T, (j - 1) / N) @ (W - A) @ power(W.T @ W, (N - j) / N)
            for j in range(1, N + 1)
        ]
        return -sum(powers).ravel()

    solved = solve_ivp(flow, (0, T), W0.ravel(), method="DOP853", rtol=1e-10, atol=1e-12)
    expected = np.linalg.svd(solved.y[:, -1].reshape(d, d), compute_uv=False)
    start = np.stack(balanced_factors(W0, N))
    steps = [0, round(T / lr)]
    paths = singular_value_paths(start, A, np.ones((d, d), bool), lr, steps)
    assert np.allclose(paths[0], np.linalg.svd(W0, compute_uv=False), rtol=1e-12)
    deviation = abs(paths[1] - expected).max()
    assert deviation <= 3e-4  # Euler's error is of order lr; the curriculum had 3e-5
    finer = singular_value_paths(start, A, np.ones((d, d), bool), lr / 4, [4 * steps[1]])
    assert abs(finer[0] - expected).max() <= 0.3 * deviation  # and shrinks with it
    record_property("deviation", deviation)


def test_depth_one_is_gradient_descent_and_batches_are_independent():
    rng = np.random.default_rng(3)
    W, G = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4))
    assert np.allclose(end_to_end_update(W, G, 1, 0.1), W - 0.1 * G, rtol=0, atol=1e-14)
    both = end_to_end_update(torch.tensor(W), G, 3, 0.1)
    assert isinstance(both, torch.Tensor)
    for k in range(2):
        assert np.allclose(both[k], end_to_end_update(W[k], G[k], 3, 0.1), rtol=0, atol=1e-13)
    with pytest.raises(ValueError, match="N must be an integer in"):
        end_to_end_update(W, G, 0, 0.1)
    with pytest.raises(ValueError, match="G must be of shape"):
        end_to_end_update(W, G[0], 2, 0.1)


# -------------------------------------------------------------------------------- effective_rank


@pytest.mark.ground_truth(
    function="dynamics.effective_rank",
    result="exp of the entropy of sigma / sum(sigma)",
    source="Roy & Vetterli 2007",
    figure="scipy.stats.entropy; r for projections of rank r",
)
def test_effective_rank_is_the_exponential_of_the_entropy(record_property):
    rng, deviation = np.random.default_rng(4), 0.0
    for shape in [(5, 5), (3, 7), (8, 2)]:
        M = rng.normal(size=shape)
        expected = np.exp(entropy(np.linalg.svd(M, compute_uv=False)))
        deviation = max(deviation, abs(effective_rank(M) - expected))
        assert effective_rank(-7 * M) == pytest.approx(effective_rank(M), rel=1e-13)
    q, _ = np.linalg.qr(rng.normal(size=(6, 3)))
    deviation = max(deviation, abs(effective_rank(q @ q.T) - 3))
    assert deviation <= 1e-12
    record_property("deviation", deviation)


def test_effective_rank_of_batches_and_of_zero():
    M = torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert effective_rank(M).shape == (4,)
    assert float(effective_rank(M[2])) == pytest.approx(float(effective_rank(M)[2]), rel=1e-14)
    assert effective_rank(np.diag([2.0, 0, 0])) == 1.0  # 0 log 0 is 0
    with pytest.raises(ValueError, match="M must be a non-zero matrix, got "):
        effective_rank(np.zeros((2, 2)))


# ---------------------------------------------------------------------------------------- deep_mf


def autograd_descent(start, A, mask, lr, steps):
    factors = [nn.Parameter(torch.tensor(f)) for f in start]
    target, observed = torch.tensor(A), torch.tensor(mask)
    optimizer = torch.optim.SGD(factors, lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        product = factors[0]
        for factor in factors[1:]:
            product = factor @ product
        ((product - target)[observed].square().sum() / 2).backward()
        optimizer.step()
    return np.stack([f.detach().numpy() for f in factors])


@pytest.mark.ground_truth(
    function="dynamics.deep_mf",
    result="gradient descent on the observed entries",
    source="Arora, Cohen, Hu & Luo 2019, section 2",
    figure="torch.autograd and torch.optim.SGD, depth 1..4, 150 steps",
)
def test_deep_mf_is_gradient_descent(record_property):
    A, mask = completion(6)
    deviation = 0.0
    for depth in range(1, 5):
        start = gaussian_factors(6, depth, 0.5, np.random.default_rng(depth))
        factors = autograd_descent(start, A, mask, 0.01, 150)
        W = deep_mf(A, mask, depth, 0.5, 0.01, 150, np.random.default_rng(depth))
        deviation = max(deviation, abs(W - end_to_end(factors)).max())
    assert deviation <= 1e-11
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="dynamics.factor_descent",
    result="compiled loops (one start; 16 in the lanes of a vector) agree with plain numpy",
    source="-",
    figure="20 starts, d = 3, 3,000 steps",
)
def test_all_loops_give_the_same_factors(record_property):
    A, mask = completion(3)
    starts = np.stack([gaussian_factors(3, 3, 0.3, np.random.default_rng(s)) for s in range(20)])
    together = factor_descent(starts, A, mask, 0.01, 3000)
    step, empty, deviation = 0.01 * mask, np.empty((0, 3, 3)), 0.0
    plain = getattr(_factor_loops.descend_chain, "py_func", _factor_loops.descend_chain)
    for start, found in zip(starts, together, strict=True):
        for loop in (plain, _factor_loops.descend_chain):
            factors = start.copy()
            loop(factors, np.where(mask, A, 0.0), step, 3000, empty)
            deviation = max(deviation, abs(factors - found).max())
    assert deviation <= 1e-12
    record_property("deviation", deviation)


def test_without_numba_the_values_are_the_same():
    code = """if True:
        import sys
        sys.modules["numba"] = None
        import numpy as np
        from tdlcourse.dynamics import deep_mf
        rng = np.random.default_rng(0)
        A, mask = rng.normal(size=(4, 4)), rng.random((4, 4)) < 0.7
        gens = [np.random.default_rng(s) for s in range(6)]
        W = deep_mf(A, mask, 3, 0.3, 0.01, 4000, gens)
        print(*[float(x).hex() for x in W.ravel()])"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    plain = np.array([float.fromhex(x) for x in done.stdout.split()]).reshape(6, 4, 4)
    rng = np.random.default_rng(0)
    A, mask = rng.normal(size=(4, 4)), rng.random((4, 4)) < 0.7
    W = deep_mf(A, mask, 3, 0.3, 0.01, 4000, [np.random.default_rng(s) for s in range(6)])
    assert abs(W - plain).max() <= 1e-12


@pytest.mark.ground_truth(
    function="dynamics.conservation_error",
    result="balance changes in a step by exactly dW_{j+1}^T dW_{j+1} - dW_j dW_j^T",
    source="Arora, Cohen & Hazan 2018, theorem 1, without its limit",
    figure="<= 1e-10 after 100,000 steps; changes recomputed by autograd for 50",
)
def test_balance_obeys_its_discrete_law(record_property):
    A, mask = completion(10)
    start = gaussian_factors(10, 3, 0.5, np.random.default_rng(0))
    deviation = conservation_error(start, A, mask, 1e-3, 100_000)
    assert deviation <= 1e-10
    factors, law = start, 0.0
    for _ in range(50):
        moved = autograd_descent(factors, A, mask, 0.01, 1)
        dW = moved - factors
        law = law + dW[1:].mT @ dW[1:] - dW[:-1] @ dW[:-1].mT
        factors = moved
    assert abs(law).max() > 1e-3  # it is not zero: only gradient flow conserves the balance
    end = factor_descent(start, A, mask, 0.01, 50)
    assert abs(balance_gaps(end) - balance_gaps(start) - law).max() <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="dynamics.factor_descent",
    result="a balanced start that is aligned with A stays balanced",
    source="Arora, Cohen & Hazan 2018",
    figure="<= 1e-10 after 1e6 steps of depth 3, d = 10",
)
def test_an_aligned_start_stays_balanced_for_a_million_steps(record_property):
    A, _ = completion(10, rank=3)
    u, _, vh = np.linalg.svd(A)
    root = 0.1 * np.eye(10)
    start = np.stack([root @ vh, root, u @ root])
    factors = factor_descent(start, A, np.ones((10, 10), bool), 1e-3, 1_000_000)
    deviation = abs(balance_gaps(factors)).max()
    assert deviation <= 1e-10
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="dynamics.gaussian_factors",
    result="E ||W||_F^2 = init^2 d for every depth",
    source="Arora, Cohen, Hu & Luo 2019, appendix on initialisation",
    figure="4,000 draws, five standard errors, depth 1..4",
)
def test_initial_norm_does_not_depend_on_depth(record_property):
    worst = 0.0
    for depth in range(1, 5):
        gen, d, init = np.random.default_rng(depth), 6, 0.3
        products = [end_to_end(gaussian_factors(d, depth, init, gen)) for _ in range(4000)]
        squares = (np.stack(products) ** 2).sum((1, 2))
        score = abs(squares.mean() - init**2 * d) / (squares.std() / 4000**0.5)
        worst = max(worst, score)
    assert worst <= 5.5  # 4 tests: false reject probability below 2e-7
    record_property("deviation", worst)


@pytest.mark.ground_truth(
    function="dynamics.deep_mf",
    result="depth lowers the rank that gradient descent finds",
    source="Arora, Cohen, Hu & Luo 2019, figure 2",
    figure="rank-1 target, 10 x 10, 50 entries, effective ranks of depth 1, 2, 3",
)
def test_deeper_factorisations_find_lower_rank(record_property):
    A, mask = completion(10, rank=1, observed=0.5)
    ranks, errors = [], []
    for depth, lr, steps in [(1, 0.1, 2000), (2, 0.02, 15_000), (3, 0.02, 15_000)]:
        W = deep_mf(A, mask, depth, 1e-2, lr, steps, np.random.default_rng(0))
        assert abs(W - A)[mask].max() <= 5e-3
        ranks.append(float(effective_rank(W)))
        errors.append(np.linalg.norm(W - A) / np.linalg.norm(A))
    assert ranks[0] > 4 and 2 < ranks[1] < 4 and ranks[2] < 1.3
    assert errors[0] > 0.8 and 0.3 < errors[1] < 0.8 and errors[2] < 0.1
    record_property("deviation", ranks[2] - 1)


def test_unobserved_entries_are_never_read_and_arguments_never_written():
    A, mask = completion(5)
    hidden = np.where(mask, A, np.nan)
    kept = hidden.copy(), mask.copy()
    W = deep_mf(hidden, mask, 2, 0.1, 0.01, 200, np.random.default_rng(0))
    assert np.isfinite(W).all()
    assert (W == deep_mf(A, mask, 2, 0.1, 0.01, 200, np.random.default_rng(0))).all()
    assert (mask == kept[1]).all() and np.array_equal(hidden, kept[0], equal_nan=True)
    start = gaussian_factors(5, 1, 0.1, np.random.default_rng(0))
    frozen = start.copy()
    end = factor_descent(start, A, mask, 0.1, 100)
    assert (start == frozen).all() and (end[0][~mask] == start[0][~mask]).all()


def test_deep_mf_of_tensors_and_of_several_generators():
    A, mask = completion(5)
    one = deep_mf(
        torch.tensor(A), torch.tensor(mask), 2, 0.1, 0.01, 50, torch.Generator().manual_seed(3)
    )
    assert isinstance(one, torch.Tensor) and one.shape == (5, 5) and one.dtype == torch.float64
    several = deep_mf(A, mask, 2, 0.1, 0.01, 50, [np.random.default_rng(s) for s in (1, 2)])
    assert several.shape == (2, 5, 5)
    assert (several[1] == deep_mf(A, mask, 2, 0.1, 0.01, 50, np.random.default_rng(2))).all()


def test_deep_mf_refuses_what_it_cannot_use():
    A, mask = completion(5)
    gen = np.random.default_rng(0)
    with pytest.raises(ValueError, match="mask must be a bool array of shape"):
        deep_mf(A, mask.astype(int), 2, 0.1, 0.01, 5, gen)
    with pytest.raises(ValueError, match="A must be of shape"):
        deep_mf(A[:4], mask, 2, 0.1, 0.01, 5, gen)
    with pytest.raises(ValueError, match="A must be finite where observed"):
        deep_mf(A * np.inf, mask, 2, 0.1, 0.01, 5, gen)
    with pytest.raises(ValueError, match="init must be a real number in"):
        deep_mf(A, mask, 2, 0.0, 0.01, 5, gen)
    with pytest.raises(TypeError, match="gen must be a numpy.random.Generator"):
        deep_mf(A, mask, 2, 0.1, 0.01, 5, 0)
    with pytest.raises(ValueError, match="gen must be a generator or a sequence of at least one"):
        deep_mf(A, mask, 2, 0.1, 0.01, 5, [])
    with pytest.raises(ValueError, match="steps must be increasing"):
        singular_value_paths(gaussian_factors(5, 2, 0.1, gen), A, mask, 0.01, [3, 1])
    with pytest.raises(ValueError, match="factors must be of shape"):
        conservation_error(gaussian_factors(5, 1, 0.1, gen), A, mask, 0.01, 3)


def test_divergence_shows_in_the_result_without_a_warning():
    A, mask = completion(5)
    W = deep_mf(A, mask, 3, 1.0, 10.0, 200, np.random.default_rng(0))
    assert not np.isfinite(W).all()


def test_plot_draws_a_line_for_each_singular_value():
    A, mask = completion(6)
    steps = [0, 100, 1000]
    values = singular_value_paths(
        gaussian_factors(6, 3, 0.3, np.random.default_rng(0)), A, mask, 0.01, steps
    )
    target = np.linalg.svdvals(A)[:2]
    axes = plot_singular_values(steps, values, target=target)
    assert len(axes.lines) == 6 + 2
    assert np.allclose(axes.lines[0].get_ydata(), values[:, 0])
    _, own = plt.subplots()
    assert plot_singular_values(steps, values, ax=own) is own
    plt.close("all")


def test_integer_times_are_no_reason_to_truncate():
    found = saxe_mode(torch.arange(3), 3.5, 1.2, 1.5)
    np.testing.assert_allclose(found, saxe_mode(np.arange(3.0), 3.5, 1.2, 1.5), rtol=1e-15)
    assert found.tolist() == pytest.approx([1.2, 3.438, 3.499], abs=5e-4)
