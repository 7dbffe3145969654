"""representations, inputs by gradients: linear models and torch.autograd as oracles."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tdlcourse.representations import activation_max, fgsm, hint_loss, pgd_linf


def linear_model(d=12, seed=0):
    """Two logits +-w.x / 2, so that the margin of label y is +-w.x."""
    gen = torch.Generator().manual_seed(seed)
    w = torch.randn(d, generator=gen, dtype=torch.float64)
    model = nn.Linear(d, 2, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.stack([-w, w]) / 2)
    return model, w


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(16, 3),
    )  # fmt: skip


def batch(n=8, seed=1):
    gen = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, 3, 4, generator=gen), torch.randint(3, (n,), generator=gen)


@pytest.fixture
def model():
    with torch.random.fork_rng():
        return network()


# ------------------------------------------------------------------------------ attacks


@pytest.mark.ground_truth(
    function="representations.fgsm",
    result="margin of a linear model falls by exactly eps ||w||_1",
    source="Goodfellow, Shlens & Szegedy 2015; l1 is dual to l-infinity",
    figure="x in [eps, 1 - eps], eps = .1",
)
@pytest.mark.ground_truth(
    function="representations.pgd_linf",
    result="margin of a linear model falls by exactly eps ||w||_1",
    source="Madry et al. 2018; steps * alpha >= 2 eps, with and without random start",
    figure="x in [eps, 1 - eps], eps = .1",
)
def test_attacks_on_a_linear_model_reach_the_dual_norm(record_property):
    model, w = linear_model()
    gen, eps = torch.Generator().manual_seed(1), 0.1
    x = eps + (1 - 2 * eps) * torch.rand(5, 12, generator=gen, dtype=torch.float64)
    y = torch.tensor([0, 1, 1, 0, 1])
    sign = (2 * y - 1).double()
    deviation = 0.0
    for adversarial in (
        fgsm(model, x, y, eps),
        pgd_linf(model, x, y, eps, 0.05, 4),
        pgd_linf(model, x, y, eps, 0.05, 4, np.random.default_rng(0)),
    ):
        drop = sign * (x @ w) - sign * (adversarial @ w)
        deviation = max(deviation, float((drop / (eps * w.abs().sum()) - 1).abs().max()))
    assert deviation <= 1e-12
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="representations.fgsm",
    result="x + eps sign(gradient), clipped to [0, 1]",
    source="torch.autograd on each example alone",
    figure="network with batch normalisation and dropout, evaluation mode",
)
def test_fgsm_takes_the_sign_of_each_examples_own_gradient(model, record_property):
    x, y = batch()
    found = fgsm(model, x, y, 0.2)
    model.eval()
    for image, label, moved in zip(x, y, found, strict=True):
        point = image[None].clone().requires_grad_(True)
        F.cross_entropy(model(point), label[None]).backward()
        expected = (image + 0.2 * point.grad[0].sign()).clamp(0, 1)
        assert torch.equal(moved, expected)
    record_property("deviation", 0.0)


@pytest.mark.parametrize("margin", [50.0, 500.0])
def test_attacks_on_confident_models_do_not_stall(margin):
    gen = torch.Generator().manual_seed(0)
    W = torch.randn(3, 6, generator=gen)
    x, y = 0.5 * torch.ones(1, 6), torch.tensor([1])

    def model(images):
        return images @ W.T + margin * torch.eye(3)[1]

    class Confident(nn.Module):
        def forward(self, images):
            return model(images)

    logits = model(x)[0].double()
    weight = torch.softmax(logits[[0, 2]], 0)  # of the other classes, given that it is one of them
    slope = weight[0] * W[0] + weight[1] * W[2] - W[1]
    expected = x + 0.1 * slope.sign().float()
    assert torch.allclose(fgsm(Confident(), x, y, 0.1), expected)
    assert torch.allclose(pgd_linf(Confident(), x, y, 0.1, 0.1, 1), expected)


def test_labels_without_a_logit_are_refused(model):
    x, y = batch()
    with pytest.raises(ValueError, match=r"y must be integers in \[-inf, 3\), got 3"):
        fgsm(model, x, y.new_full((8,), 3), 0.1)
    only = nn.Sequential(nn.Flatten(), nn.Linear(12, 1))
    assert torch.equal(fgsm(only, x, 0 * y, 0.1), x)  # one class: there is nothing to gain


def test_pgd_stays_in_the_ball_and_in_the_image(model):
    x, y = batch()
    for gen in (None, torch.Generator().manual_seed(0)):
        moved = pgd_linf(model, x, y, 0.3, 0.11, 7, gen)
        assert float((moved - x).abs().max()) <= 0.3 + 1e-7
        assert float(moved.min()) >= 0 and float(moved.max()) <= 1
    assert torch.equal(pgd_linf(model, x, y, 0.3, 0.1, 0), x)


def test_first_pgd_step_of_size_eps_is_fgsm(model):
    x, y = batch()
    assert torch.allclose(pgd_linf(model, x, y, 0.2, 0.2, 1), fgsm(model, x, y, 0.2), atol=1e-7)


def test_random_start_is_uniform_in_the_ball(model):
    x, y = torch.full((500, 1, 3, 4), 0.5), torch.zeros(500, dtype=torch.int64)
    start = pgd_linf(model, x, y, 0.2, 0.0, 0, torch.Generator().manual_seed(0))
    share = ((start - x) / 0.2).double().flatten()
    # Moments of the uniform law on [-1, 1] at 6,000 numbers, 5.5 standard errors.
    assert float(share.abs().max()) <= 1 + 1e-6
    assert float(share.mean().abs()) <= 5.5 * (1 / 3 / 6000) ** 0.5
    assert abs(float(share.square().mean()) - 1 / 3) <= 5.5 * (4 / 45 / 6000) ** 0.5
    again = pgd_linf(model, x, y, 0.2, 0.0, 0, torch.Generator().manual_seed(0))
    assert torch.equal(start, again)


@pytest.mark.ground_truth(
    function="representations.pgd_linf",
    result="on a network the loss rises, from fgsm's on average too",
    source="experiment",
    figure="mean loss of PGD(20) over mean loss of FGSM",
)
def test_attacks_raise_the_loss(model, record_property):
    x, y = batch(64)
    model.eval()

    def loss(images):
        with torch.no_grad():
            return float(F.cross_entropy(model(images), y))

    plain, fast = loss(x), loss(fgsm(model, x, y, 0.1))
    strong = loss(pgd_linf(model, x, y, 0.1, 0.02, 20))
    assert plain < fast <= strong + 1e-6
    record_property("deviation", strong / fast)


def test_attacks_leave_no_trace(model):
    x, y = batch()
    kept, state = x.clone(), {k: v.clone() for k, v in model.state_dict().items()}
    model[2].eval()
    rng = torch.get_rng_state()
    fgsm(model, x, y, 0.1)
    pgd_linf(model, x, y, 0.1, 0.05, 3, torch.Generator())
    with torch.no_grad():  # also where gradients are switched off
        assert not fgsm(model, x, y, 0.1).requires_grad
    assert torch.equal(torch.get_rng_state(), rng) and torch.equal(x, kept)
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert model.training and not model[2].training


def test_attacks_refuse_what_is_no_image(model):
    x, y = batch()
    with pytest.raises(ValueError, match=r"x must be in \[0, 1\], got \("):
        fgsm(model, x + 1, y, 0.1)
    with pytest.raises(ValueError, match=r"y must be of shape \(8,\), got \(7,\)"):
        fgsm(model, x, y[1:], 0.1)
    with pytest.raises(ValueError, match="eps must be a real number in"):
        pgd_linf(model, x, y, -0.1, 0.1, 3)
    assert fgsm(model, x.numpy()[::-1], y.numpy(), 0.1).shape == x.shape


# ------------------------------------------------------------------------------ activation


@pytest.mark.ground_truth(
    function="representations.activation_max",
    result="a linear unit w has its penalised maximum at w / lam",
    source="closed form",
    figure="1e-6; 200 steps of .1 from a random start",
)
def test_activation_of_a_linear_unit_is_maximal_at_w_over_lam(record_property):
    model = nn.Linear(6, 3, dtype=torch.float64)
    start = torch.randn(6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    kept = start.clone()
    deviation = 0.0
    for unit in range(3):
        x = activation_max(model, unit, start, 2.0, 200, 0.1)
        expected = model.weight[unit].detach() / 2
        deviation = max(deviation, float((x - expected).abs().max()))
    assert deviation <= 1e-6 and torch.equal(start, kept)
    assert all(p.grad is None for p in model.parameters()) and not x.requires_grad
    record_property("deviation", deviation)


def test_activation_max_is_plain_gradient_ascent_and_takes_channels():
    def model(x):
        return torch.stack([x.square(), x.sin()], 1)  # (1, 2, n): channel, position

    x = activation_max(model, (1, 2), np.array([0.1, 0.2, 0.3]), 0.5, 1, 0.2)
    expected = [0.1 * 0.9, 0.2 * 0.9, 0.3 * 0.9 + 0.2 * np.cos(0.3)]
    assert np.allclose(x, expected, rtol=1e-14)
    with torch.no_grad():  # also where gradients are switched off
        assert torch.equal(activation_max(model, (1, 2), [0.1, 0.2, 0.3], 0.5, 1, 0.2), x)
    with pytest.raises(IndexError):
        activation_max(model, (5, 0), np.ones(3), 0.5, 1, 0.2)
    with pytest.raises(ValueError, match=r"unit must be the index of one number in an output of"):
        activation_max(model, 1, np.ones(3), 0.5, 1, 0.2)
    with pytest.raises(ValueError, match="lr must be a real number in"):
        activation_max(model, (1, 0), np.ones(3), 0.5, 1, 0.0)


def test_numpy_inputs_get_the_models_dtype(model):
    x, y = batch()
    wide = x.numpy().astype(np.float64)
    assert torch.equal(fgsm(model, wide, y.numpy(), 0.1), fgsm(model, x, y, 0.1))
    found = activation_max(model, 1, wide[0], 0.5, 2, 0.1)
    assert torch.equal(found, activation_max(model, 1, x[0], 0.5, 2, 0.1))


# ------------------------------------------------------------------------------ hints


@pytest.mark.ground_truth(
    function="representations.hint_loss",
    result="1/2 mean_b ||ht - r(hs)||^2, no gradient to the teacher",
    source="Romero et al. 2015, eq. (3)",
    figure="loops; gradient (r(hs) - ht) / B",
)
def test_hint_loss_is_half_a_mean_square_distance(record_property):
    gen = torch.Generator().manual_seed(0)
    hs = torch.randn(4, 3, generator=gen, dtype=torch.float64, requires_grad=True)
    ht = torch.randn(4, 5, generator=gen, dtype=torch.float64, requires_grad=True)
    regressor = nn.Linear(3, 5, dtype=torch.float64)
    loss = hint_loss(hs, ht, regressor)
    loss.backward()
    guess = (hs @ regressor.weight.T + regressor.bias).detach()
    expected = sum(float(((g - t) ** 2).sum()) for g, t in zip(guess, ht.detach(), strict=True)) / 8
    deviation = abs(float(loss.detach()) - expected)
    assert deviation <= 1e-14 and ht.grad is None
    assert torch.allclose(regressor.bias.grad, (guess - ht.detach()).sum(0) / 4, rtol=1e-12)
    assert torch.allclose(hs.grad, (guess - ht.detach()) @ regressor.weight.detach() / 4)
    record_property("deviation", deviation)


def test_hint_loss_needs_equal_shapes():
    assert float(hint_loss(np.ones((2, 3)), np.zeros((2, 3)))) == 1.5
    with pytest.raises(
        ValueError, match=r"regressor\(hs\) must be of shape \(2, 4\), got \(2, 3\)"
    ):
        hint_loss(np.ones((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"ht must be a batch of at least one example, got \(0, 3"):
        hint_loss(np.ones((0, 3)), np.zeros((0, 3)))
