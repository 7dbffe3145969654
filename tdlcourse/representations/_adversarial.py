"""Inputs found by gradients: adversarial perturbations and what activates a unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tdlcourse._tensors import float_tensor, model_input
from tdlcourse._validate import (
    Array,
    Generator,
    check_shape,
    error,
    int_array,
    integer,
    real,
    standard_uniform,
)


def fgsm(model: nn.Module, x: Array, y: Array, eps: float) -> Tensor:
    """Images moved by eps in the direction of the sign of the loss gradient, within [0, 1].

    Args:
        model: classifier, (B, ...) images -> (B, K) logits; used in evaluation mode.
        x: (B, ...) images in [0, 1]; what is no tensor gets the model's dtype and device.
        y: (B,) int64 labels.
        eps: size of the step in every pixel, >= 0.

    Returns:
        (B, ...) adversarial images. For a linear two-class score and x in [eps, 1 - eps] the margin
        falls by exactly eps ||w||_1, the most that any perturbation of that size achieves.

    Raises:
        ValueError: shapes disagree, or x or y is out of range.

    Source:
        Goodfellow, Shlens & Szegedy, "Explaining and harnessing adversarial examples", 2015,
        section 3; cross-entropy loss.
    """
    images, labels, eps = _checked(model, x, y, eps)
    with _evaluating(model):
        step = eps * _loss_gradient(model, images, labels).sign()
    return (images + step).clamp(0, 1)


def pgd_linf(
    model: nn.Module,
    x: Array,
    y: Array,
    eps: float,
    alpha: float,
    steps: int,
    gen: Generator | None = None,
) -> Tensor:
    """Images after projected sign-gradient ascent of the loss in the eps-ball around x in [0, 1].

    Args:
        model, x, y, eps: as for `fgsm`.
        alpha: step size, >= 0; steps * alpha >= 2 eps lets it cross the ball.
        steps: number of steps, >= 0.
        gen: generator of a start that is uniform in the ball; None starts at x.

    Returns:
        (B, ...) images within eps of x in every pixel, and in [0, 1]; the last iterate.

    Raises:
        ValueError: as `fgsm`, or a range is wrong.

    Source:
        Madry et al., "Towards deep learning models resistant to adversarial attacks", 2018,
        section 2.1. The projection is around the given x, not around the previous iterate.
    """
    images, labels, eps = _checked(model, x, y, eps)
    alpha, steps = real("alpha", alpha, low=0), integer("steps", steps, low=0)
    low, high = (images - eps).clamp(0, 1), (images + eps).clamp(0, 1)
    moved = images
    if gen is not None:
        noise = standard_uniform(gen, tuple(images.shape), like=images)
        moved = (images + eps * (2 * noise - 1)).clamp(low, high)
    with _evaluating(model):
        for _ in range(steps):
            ascent = alpha * _loss_gradient(model, moved, labels).sign()
            moved = (moved + ascent).clamp(low, high)
    return moved


def activation_max(
    model: Callable[[Tensor], Tensor],
    unit: int | tuple[int, ...],
    x0: Array,
    lam: float,
    steps: int,
    lr: float,
) -> Tensor:
    """Input after gradient ascent on activation(x) - lam / 2 ||x||^2 from x0.

    Args:
        model: maps a batch of one input to a batch of one output; a module is used in evaluation
            mode.
        unit: its index in that output, without the batch axis: 3, or (channel, row, column).
        x0: start, one input without a batch axis; no tensor, it gets a module's dtype and device.
        lam: weight of the penalty, >= 0.
        steps: number of steps, >= 0.
        lr: step size, > 0; lr < 2 / lam for stability.

    Returns:
        The input, of the shape of x0. For a linear unit w it tends to w / lam.

    Raises:
        IndexError: there is no such unit.
        ValueError: a range is wrong, or unit is the index of several numbers.

    Source:
        Erhan, Bengio, Courville & Vincent 2009; Simonyan, Vedaldi & Zisserman 2014, section 2.
    """
    x = model_input("x0", x0, model).detach().clone()
    lam, steps = real("lam", lam, low=0), integer("steps", steps, low=0)
    lr = real("lr", lr, low=0, open_low=True)
    index = unit if isinstance(unit, tuple) else (unit,)
    with _evaluating(model), torch.enable_grad():
        for _ in range(steps):
            point = x.requires_grad_(True)
            output = model(point[None])[0]
            activation = output[index]
            if activation.ndim:
                shape = tuple(output.shape)
                raise error("unit", f"the index of one number in an output of shape {shape}", unit)
            (slope,) = torch.autograd.grad(activation, point)
            x = x.detach() + lr * (slope - lam * x.detach())
    return x.detach()


def hint_loss(hs: Array, ht: Array, regressor: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    """1/2 ||ht - regressor(hs)||^2, averaged over the batch: the student imitates a hidden layer.

    Args:
        hs: (B, ...) student's hidden layer.
        ht: (B, ...) teacher's; receives no gradient.
        regressor: maps hs to the shape of ht; None for the identity.

    Returns:
        Scalar, with gradients to hs and to the regressor.

    Raises:
        ValueError: the shapes differ after the regressor, or the batch is empty.

    Source:
        Romero et al., "FitNets: hints for thin deep nets", 2015, eq. (3): summed over units.
    """
    student = float_tensor("hs", hs)
    guess = student if regressor is None else regressor(student)
    target = float_tensor("ht", ht, like=guess).detach()
    if guess.shape != target.shape or guess.ndim == 0:
        raise error("regressor(hs)", f"of shape {tuple(target.shape)}", tuple(guess.shape))
    if len(target) == 0:
        raise error("ht", "a batch of at least one example", tuple(target.shape))
    return (target - guess).square().sum() / (2 * len(target))


@contextmanager
def _evaluating(model: object) -> Iterator[None]:
    """Evaluation mode, and afterwards every submodule's mode as it was."""
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    modes = [module.training for module in modules]
    try:
        if isinstance(model, nn.Module):
            model.eval()
        yield
    finally:
        for module, training in zip(modules, modes, strict=True):
            module.training = training


def _loss_gradient(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The loss gradient in each image, over 1 - p(label): it underflows for no confident model.

    1 - p divides out of the cross-entropy's gradient, which is that of the summed
    log sum_{k != y} exp(z_k) - z_y; no example influences another's.
    """
    with torch.enable_grad():
        point = images.detach().requires_grad_(True)
        logits = model(point)
        check_shape("model(x)", logits, (len(labels), "K"))
        chosen = int_array("y", labels, high=logits.shape[1])[:, None]
        if logits.shape[1] == 1:  # the only class has probability 1
            return torch.zeros_like(images)
        others = logits.scatter(1, chosen, -torch.inf).logsumexp(1)
        return torch.autograd.grad((others - logits.gather(1, chosen)[:, 0]).sum(), point)[0]


def _checked(model: nn.Module, x: Array, y: Array, eps: float) -> tuple[Tensor, Tensor, float]:
    images = model_input("x", x, model, shape=(..., "d")).detach()
    if not bool(((images >= 0) & (images <= 1)).all()):
        raise error("x", "in [0, 1]", (float(images.min()), float(images.max())))
    labels = int_array("y", y, shape=(images.shape[0],), low=0, like=images)
    return images, labels, real("eps", eps, low=0)
