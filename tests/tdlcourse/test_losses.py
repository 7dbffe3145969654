"""losses: scipy, scikit-learn, torch and the high-temperature limit as oracles."""

import mpmath
import numpy as np
import pytest
import torch
from scipy.special import log_expit
from sklearn.metrics import hinge_loss, log_loss, zero_one_loss
from torch.nn import functional as F

from tdlcourse.losses import cross_entropy, distill_loss, hinge, logistic, zero_one

MARGINS = np.concatenate([np.linspace(-50, 50, 1001)[:-1] + 0.01, [1e4, -1e4, 1e-300]])


@pytest.mark.ground_truth(
    function="losses.logistic",
    result="log(1 + exp(-m)), also in the tails",
    source="scipy.special.log_expit",
    figure="m in [-1e4, 1e4]",
)
def test_logistic_loss_is_minus_log_expit(record_property):
    expected = -log_expit(MARGINS)
    deviation = (abs(logistic(MARGINS) - expected) / np.maximum(expected, 1e-300)).max()
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="losses.zero_one",
    result="error rate of a sign classifier",
    source="definition",
    figure="sklearn.metrics.zero_one_loss",
)
@pytest.mark.ground_truth(
    function="losses.hinge",
    result="mean hinge loss",
    source="Cortes & Vapnik 1995",
    figure="sklearn.metrics.hinge_loss",
)
def test_zero_one_and_hinge_are_those_of_scikit_learn(record_property):
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=200), rng.choice([-1, 1], size=200)
    rate = zero_one_loss(y, np.where(scores > 0, 1, -1))
    deviation = max(
        abs(zero_one(y * scores).mean() - rate),
        abs(hinge(y * scores).mean() - hinge_loss(y, scores)),
    )
    assert deviation <= 1e-14
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="losses.logistic",
    result="surrogates bound the 0-1 loss: logistic / ln 2 and hinge >= 0-1",
    source="Shalev-Shwartz & Ben-David 2014, section 12.3",
    figure="1003 margins, finite at +-1e4",
)
def test_surrogates_are_finite_upper_bounds(record_property):
    for loss in (logistic(MARGINS) / np.log(2), hinge(MARGINS)):
        assert np.isfinite(loss).all() and loss.shape == MARGINS.shape
        assert (loss >= zero_one(MARGINS)).all()
    assert logistic(-1e4) == 1e4 and logistic(1e4) == 0 and hinge(-1e4) == 10_001
    record_property("deviation", 0.0)


def test_values_at_margin_zero():
    assert zero_one(0.0) == 1 and hinge(0.0) == 1
    assert logistic(0.0) == pytest.approx(np.log(2), rel=1e-15)


@pytest.mark.parametrize("loss", [zero_one, logistic, hinge])
def test_margin_losses_keep_kind_dtype_and_shape(loss):
    for dtype in (torch.float32, torch.float64):
        result = loss(torch.tensor([[0.5], [-2.0]], dtype=dtype))
        assert isinstance(result, torch.Tensor) and result.dtype == dtype and result.shape == (2, 1)
    result = loss(np.array([0.5, -2.0], dtype=np.float32))
    assert result.dtype == np.float32
    assert loss([1, -2]).dtype == np.float64
    assert np.allclose(loss(torch.tensor(MARGINS)).numpy(), loss(MARGINS), rtol=1e-14)


def test_a_margin_that_is_not_a_number_is_never_a_success():
    assert zero_one(np.nan) == 1 and np.isnan(hinge(np.nan))


# ------------------------------------------------------------------------------ cross-entropy


def batch(seed, n=7, K=5, scale=1.0):
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(n, K)), rng.integers(K, size=n)


@pytest.mark.ground_truth(
    function="losses.cross_entropy",
    result="mean cross-entropy of logits",
    source="definition",
    figure="torch.nn.functional.cross_entropy, logits up to 1e4",
)
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_cross_entropy_is_that_of_torch(scale, record_property):
    logits, labels = batch(0, scale=scale)
    expected = F.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item()
    deviation = abs(cross_entropy(logits, labels) / expected - 1)
    assert deviation <= 1e-14
    record_property("deviation", deviation)


def test_cross_entropy_is_that_of_scikit_learn():
    logits, labels = batch(1)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert cross_entropy(logits, labels) == pytest.approx(log_loss(labels, p), rel=1e-13)


def test_two_classes_are_the_logistic_loss():
    z = np.linspace(-30, 30, 61)
    logits = np.column_stack([np.zeros(61), z])
    for label, sign in ((0, -1), (1, 1)):
        value = cross_entropy(logits, np.full(61, label))
        assert value == pytest.approx(-log_expit(sign * z).mean(), rel=1e-14)


def test_cross_entropy_has_torchs_gradient():
    logits, labels = (torch.tensor(a) for a in batch(2))
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    cross_entropy(ours, labels).backward()
    F.cross_entropy(theirs, labels).backward()
    assert torch.allclose(ours.grad, theirs.grad, rtol=0, atol=1e-15)


# ------------------------------------------------------------------------------- distillation


@pytest.mark.ground_truth(
    function="losses.distill_loss",
    result="alpha T^2 KL + (1 - alpha) CE",
    source="Hinton, Vinyals & Dean 2015, section 2",
    figure="torch.nn.functional.kl_div(batchmean) and cross_entropy",
)
@pytest.mark.parametrize("T", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_distillation_is_torchs_kl_and_cross_entropy(T, alpha, record_property):
    (student, labels), (teacher, _) = batch(3), batch(4)
    s, t = torch.tensor(student), torch.tensor(teacher)
    kl = F.kl_div(F.log_softmax(s / T, 1), F.softmax(t / T, 1), reduction="batchmean")
    hard = F.cross_entropy(s, torch.tensor(labels))
    expected = (alpha * T**2 * kl + (1 - alpha) * hard).item()
    deviation = abs(distill_loss(student, teacher, T, labels, alpha) - expected)
    assert deviation <= 1e-13
    record_property("deviation", deviation)


@pytest.mark.ground_truth(
    function="losses.distill_loss",
    result="at high temperature the gradient is (student - teacher) / K for centred logits",
    source="Hinton, Vinyals & Dean 2015, eq. 4",
    figure="T = 1e4, relative 1e-3",
)
def test_high_temperature_matches_logits(record_property):
    (student, labels), (teacher, _) = batch(5), batch(6)
    student = torch.tensor(student - student.mean(axis=1, keepdims=True), requires_grad=True)
    teacher = torch.tensor(teacher - teacher.mean(axis=1, keepdims=True))
    distill_loss(student, teacher, 1e4, labels, 1.0).backward()
    n, K = student.shape
    limit = (student.detach() - teacher) / (n * K)
    deviation = ((student.grad - limit).abs().max() / limit.abs().max()).item()
    assert deviation <= 1e-3  # the next order is |z| / T
    record_property("deviation", deviation)


def exact_soft_loss(student, teacher, T):
    """T^2 KL, mean over the batch, with 700 digits."""
    with mpmath.workdps(700):
        total = mpmath.mpf(0)
        for s, t in zip(np.asarray(student).tolist(), np.asarray(teacher).tolist(), strict=True):
            p, q = ([mpmath.exp(mpmath.mpf(z) / T) for z in row] for row in (t, s))
            p, q = ([w / mpmath.fsum(row) for w in row] for row in (p, q))
            total += mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True))
        return float(mpmath.mpf(T) ** 2 * total / len(student))


@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("T", [0.3, 1.0, 7.0, 40.0, 1e3, 1e8, 1e9, 1e160, 1e300])
def test_distillation_is_exact_at_any_temperature(T, scale):
    (student, labels), (teacher, _) = batch(3, scale=scale), batch(4, scale=scale)
    expected = exact_soft_loss(student, teacher, T)
    assert distill_loss(student, teacher, T, labels, 1.0) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("T", [1.0, 1e3, 1e6, 1e60])
def test_distillation_is_exact_in_single_precision(T):
    (student, labels), (teacher, _) = batch(3), batch(4)
    student, teacher = student.astype(np.float32), teacher.astype(np.float32)
    expected = exact_soft_loss(student, teacher, T)
    loss = distill_loss(student, teacher, T, labels, 1.0)
    assert loss.dtype == np.float32 and loss == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("T", [0.5, 3.0, 1e3])
def test_distillation_in_half_precision_is_as_good_as_its_numbers(dtype, T):
    (student, labels), (teacher, _) = batch(3), batch(4)
    student, teacher = (torch.tensor(a).to(dtype) for a in (student, teacher))
    expected = exact_soft_loss(student.double(), teacher.double(), T)
    loss = distill_loss(student, teacher, T, torch.tensor(labels), 1.0)
    assert loss.dtype == dtype and float(loss) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("T", [0.01, 0.5, 4.0, 1e8, 1e160])
def test_the_soft_gradient_is_T_times_the_difference_of_probabilities(T):
    (student, labels), (teacher, _) = batch(5), batch(6)
    variable = torch.tensor(student, requires_grad=True)
    distill_loss(variable, teacher, T, labels, 1.0).backward()
    with mpmath.workdps(700):
        p, q = (
            [[mpmath.exp(mpmath.mpf(z) / T) for z in row] for row in rows.tolist()]
            for rows in (teacher, student)
        )
        expected = [
            [
                float(T * (b / sum(qs) - a / sum(ps)) / len(student))
                for a, b in zip(ps, qs, strict=True)
            ]
            for ps, qs in zip(p, q, strict=True)
        ]
    np.testing.assert_allclose(variable.grad.numpy(), expected, rtol=1e-11, atol=1e-13 * min(T, 1))


def test_no_gradient_enters_the_teacher():
    (student, labels), (teacher, _) = batch(7), batch(8)
    student, teacher = (torch.tensor(a, requires_grad=True) for a in (student, teacher))
    distill_loss(student, teacher, 2.0, labels, 0.5).backward()
    assert teacher.grad is None and student.grad.abs().sum() > 0


def test_a_student_equal_to_its_teacher_has_only_the_hard_loss():
    logits, labels = batch(9, scale=1e4)
    loss = distill_loss(logits, logits, 3.0, labels, 0.25)
    assert loss == pytest.approx(0.75 * cross_entropy(logits, labels), rel=1e-14)


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (ValueError, lambda: cross_entropy(np.zeros((0, 3)), np.zeros(0, int)), "at least one row"),
        (ValueError, lambda: cross_entropy([1.0], [0]), r"logits must be of shape \(n, K\)"),
        (ValueError, lambda: cross_entropy([[1.0]], [1]), r"labels must be integers in \[0, 1\)"),
        (TypeError, lambda: cross_entropy([[1.0]], [0.0]), "labels must be an array of integers"),
        (
            ValueError,
            lambda: distill_loss([[1.0]], [[1.0]], 0, [0], 0.5),
            r"T must be a real number in \(0, inf\), got 0.0",
        ),
        (
            ValueError,
            lambda: distill_loss([[1.0]], [[1.0, 2.0]], 1, [0], 0.5),
            r"teacher must be of shape \(1, 1\), got \(1, 2\)",
        ),
        (
            ValueError,
            lambda: distill_loss([[1.0]], [[1.0]], 1, [0], 2),
            r"alpha must be .*\[0, 1\]",
        ),
        (TypeError, lambda: hinge(["a"]), "margin must be an array of real numbers"),
        (TypeError, lambda: hinge([[1.0], [1.0, 2.0]]), "margin must be a rectangular array"),
    ],
)
def test_wrong_arguments_are_named(kind, call, message):
    with pytest.raises(kind, match=message):
        call()
