"""landscape: loops, autograd, the semicircle law and extreme eigenvalues as oracles."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from tdlcourse.landscape import (
    chain,
    chain_grad,
    goe,
    interpolate,
    p_spin_energy,
    p_spin_threshold,
    plot_loss_surface,
    plot_spectrum,
)


def state(seed):
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    network[1].num_batches_tracked += 10 + seed
    return network.state_dict()


def on_sphere(rng, *shape):
    sigma = rng.normal(size=shape)
    return sigma * math.sqrt(shape[-1]) / np.linalg.norm(sigma, axis=-1, keepdims=True)


# --------------------------------------------------------------------------------- lines and chains


@pytest.mark.ground_truth(
    function="landscape.interpolate",
    result="the line through two networks",
    source="Goodfellow, Vinyals & Saxe 2015",
    figure="torch.lerp",
)
@pytest.mark.parametrize("t", [-0.5, 0.0, 0.3, 1.0])
def test_interpolation_is_linear_and_keeps_counters(t, record_property):
    first, second = state(0), state(1)
    found = interpolate(first, second, t)
    deviation = 0.0
    assert list(found) == list(first)
    for name, value in found.items():
        if value.is_floating_point():
            deviation = max(
                deviation, float(abs(value - torch.lerp(first[name], second[name], t)).max())
            )
        else:
            assert value == first[name] == 10
        assert value.data_ptr() not in (first[name].data_ptr(), second[name].data_ptr())
    assert deviation <= 1e-6  # state dicts are float32
    nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2)).load_state_dict(
        found
    )
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="landscape.chain",
    result="polygonal chain through theta",
    source="Garipov et al. 2018, section 3.2",
    figure="numpy.interp between w1, theta, w2",
)
@pytest.mark.parametrize("t", [0.0, 0.2, 0.5, 0.75, 1.0])
def test_chain_runs_through_its_three_points(t, record_property):
    rng = np.random.default_rng(0)
    w1, theta, w2 = rng.normal(size=(3, 6))
    expected = [np.interp(t, [0, 0.5, 1], corner) for corner in zip(w1, theta, w2, strict=True)]
    deviation = abs(chain(t, w1, w2, theta) - expected).max()
    assert deviation <= 1e-15
    record_property("deviation", deviation)


def test_chain_of_state_dicts_takes_counters_from_the_bend():
    w1, w2, theta = state(0), state(1), state(2)
    found = chain(0.9, w1, w2, theta)
    assert found["1.num_batches_tracked"] == 12
    assert found["1.num_batches_tracked"].data_ptr() != theta["1.num_batches_tracked"].data_ptr()
    expected = 0.2 * theta["0.weight"] + 0.8 * w2["0.weight"]
    np.testing.assert_allclose(found["0.weight"].numpy(), expected.numpy(), rtol=1e-6, atol=1e-7)


def test_points_of_integers_are_numbers_like_others():
    assert interpolate([0, 0], [2, 4], 0.5).tolist() == [1, 2]
    assert interpolate(torch.tensor([0, 0]), [2, 4], 0.5).tolist() == [1, 2]
    assert chain(0.25, [0, 0], [1, 1], [2, 2]).tolist() == [1, 1]
    assert chain_grad(0.25, [2, 4]).tolist() == [1, 2]
    assert interpolate([True, False], [1, 1], 0.25).dtype == np.float64


@pytest.mark.ground_truth(
    function="landscape.chain_grad",
    result="gradient in the bend",
    source="Garipov et al. 2018, section 3.1",
    figure="torch.autograd through the chain; factor 2t or 2(1-t)",
)
@pytest.mark.parametrize("t", [0.0, 0.1, 0.5, 0.6, 1.0])
def test_chain_gradient_is_that_of_autograd(t, record_property):
    gen = torch.Generator().manual_seed(0)
    w1, w2, theta = (torch.randn(5, generator=gen, dtype=torch.float64) for _ in range(3))
    theta.requires_grad_()
    point = chain(t, w1, w2, theta)
    inner = torch.sin(point).prod() + (point**3).sum()
    (at_point,) = torch.autograd.grad(inner, point, retain_graph=True)
    (expected,) = torch.autograd.grad(inner, theta)
    deviation = float(abs(chain_grad(t, {"w": at_point})["w"] - expected).max())
    assert deviation <= 1e-14
    assert torch.equal(chain_grad(t, at_point), chain_grad(t, {"w": at_point})["w"])
    record_property("deviation", deviation)


# ------------------------------------------------------------------------------- random landscapes


@pytest.mark.ground_truth(
    function="landscape.goe",
    result="edges of the spectrum",
    source="Anderson, Guionnet & Zeitouni 2010",
    figure="-2 and 2; semicircle distribution",
)
@pytest.mark.parametrize("seed", range(3))
def test_goe_fills_the_semicircle(seed, record_property):
    matrix = goe(600, np.random.default_rng(seed))
    assert (matrix == matrix.T).all()
    eigenvalues = np.linalg.eigvalsh(matrix)
    deviation = max(abs(eigenvalues[0] + 2), abs(eigenvalues[-1] - 2))
    assert deviation <= 0.15
    x = np.clip(eigenvalues, -2, 2)
    semicircle = 0.5 + x * np.sqrt(4 - x**2) / (4 * np.pi) + np.arcsin(x / 2) / np.pi
    # rigidity: eigenvalue k is within O(log n / n) of its place
    assert abs(semicircle - (np.arange(600) + 0.5) / 600).max() <= 3 * math.log(600) / 600
    record_property("deviation", deviation)


def test_goe_variances_are_1_over_n_and_2_over_n():
    n, samples = 30, 400
    matrices = np.array([goe(n, np.random.default_rng(s)) for s in range(samples)])
    upper = matrices[:, *np.triu_indices(n, 1)].ravel()
    diagonal = np.diagonal(matrices, axis1=1, axis2=2).ravel()
    for entries, variance in ((upper, 1 / n), (diagonal, 2 / n)):  # 5 standard errors
        assert np.mean(entries**2) == pytest.approx(variance, rel=5 * math.sqrt(2 / entries.size))
    assert isinstance(goe(2, torch.Generator().manual_seed(0)), torch.Tensor)


@pytest.mark.ground_truth(
    function="landscape.p_spin_energy",
    result="energy of the spherical p-spin model",
    source="Choromanska et al. 2015, section 4",
    figure="sum over all tuples of indices",
)
@pytest.mark.parametrize(("p", "N"), [(1, 4), (2, 5), (3, 4), (4, 3)])
def test_energy_is_the_sum_over_tuples(p, N, record_property):
    rng = np.random.default_rng(p)
    J, sigma = rng.normal(size=(N,) * p), on_sphere(rng, 2, 3, N)
    deviation = 0.0
    energies = p_spin_energy(J, sigma)
    assert energies.shape == (2, 3)
    for k in np.ndindex(2, 3):
        total = sum(
            J[index] * math.prod(sigma[k][i] for i in index)
            for index in itertools.product(range(N), repeat=p)
        )
        deviation = max(deviation, abs(energies[k] - total / N ** ((p - 1) / 2)))
    assert deviation <= 1e-12
    np.testing.assert_allclose(p_spin_energy(torch.tensor(J), sigma).numpy(), energies)
    record_property("deviation", deviation)


@pytest.mark.parametrize("p", [2, 3])
def test_energy_has_variance_n(p):
    rng, N, samples = np.random.default_rng(7), 6, 4000
    sigma = on_sphere(rng, N)
    energies = [p_spin_energy(rng.normal(size=(N,) * p), sigma) for _ in range(samples)]
    assert np.mean(np.square(energies)) == pytest.approx(N, rel=5 * math.sqrt(2 / samples))


@pytest.mark.ground_truth(
    function="landscape.p_spin_threshold",
    result="E_infinity for p = 3",
    source="Auffinger, Ben Arous & Cerny 2013",
    figure="1.63299",
)
def test_threshold_for_three_spins(record_property):
    deviation = abs(p_spin_threshold(3) - 1.63299)
    assert deviation <= 5.1e-6
    record_property("deviation", deviation)


def test_two_spins_reach_their_threshold_at_the_top_eigenvector():
    """For p = 2 the greatest energy is N^(1/2) lambda_max(J), and E_infinity(2) = sqrt(2)."""
    N = 700
    J = np.random.default_rng(8).normal(size=(N, N))
    values, vectors = np.linalg.eigh((J + J.T) / 2)
    energy = p_spin_energy(J, math.sqrt(N) * vectors[:, -1])
    assert energy == pytest.approx(math.sqrt(N) * values[-1], rel=1e-10)
    assert energy / N == pytest.approx(p_spin_threshold(2), abs=0.15 / math.sqrt(2))


def test_descent_of_three_spins_ends_near_the_threshold():
    """The curvature pushes on until about -E_infinity; finite sizes stop up to 10 % earlier."""
    N = 60
    J = np.random.default_rng(9).normal(size=(N, N, N))
    cyclic = (J + J.transpose(1, 2, 0) + J.transpose(2, 0, 1)) / N
    sigma = on_sphere(np.random.default_rng(10), N)
    for _ in range(1500):
        sigma = sigma - 0.1 * np.einsum("ijk,j,k->i", cyclic, sigma, sigma)
        sigma *= math.sqrt(N) / np.linalg.norm(sigma)
    assert -1.05 * p_spin_threshold(3) < p_spin_energy(J, sigma) / N < -0.9 * p_spin_threshold(3)


# ------------------------------------------------------------------------------- errors, pictures


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: interpolate({"a": np.ones(2)}, {"b": np.ones(2)}, 0.5),
            "points must be with the names",
        ),
        (
            lambda: interpolate(np.ones(2), np.ones(3), 0.5),
            r"point must be of shape \(2,\), got \(3,\)",
        ),
        (
            lambda: interpolate({"a": torch.ones(2).long()}, {"a": torch.ones(3).long()}, 0.5),
            r"a must be of shape \(2,\), got \(3,\)",
        ),
        (lambda: chain(1.5, [1.0], [1.0], [1.0]), "t must be a real number in .0, 1., got 1.5"),
        (lambda: chain_grad(-0.1, [1.0]), "t must be"),
        (lambda: goe(0, np.random.default_rng(0)), "n must be"),
        (
            lambda: p_spin_energy(np.ones((2, 3)), [1.0, 1.0]),
            r"J must be of p >= 1 axes of one length",
        ),
        (
            lambda: p_spin_energy(np.ones((2, 2)), [1.0, 0.0]),
            "sigma must be of squared norm 2, got 1.0",
        ),
        (lambda: p_spin_threshold(1), "p must be an integer in .2, inf."),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_plots_return_their_axes():
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    eigenvalues = np.linalg.eigvalsh(goe(50, np.random.default_rng(0)))
    for semicircle in (True, False):
        ax = plt.subplots()[1]
        assert plot_spectrum(eigenvalues, semicircle=semicircle, ax=ax) is ax
    ax = plot_loss_surface(
        lambda w: (w**2).sum(), np.ones(2), (np.eye(2)[0], np.eye(2)[1]), points=5
    )
    assert ax.get_xlim() == (-1, 1)
    plt.close("all")
