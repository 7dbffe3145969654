"""First-order steps with one learning rate for all weights: sgd, momentum, nesterov.

All steps take weights, gradient (Nesterov the gradient *function*), state and the step's number,
and return (weights, state), both new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tdlcourse._validate import Array, error, float_array, real
from tdlcourse.optim._arguments import Step, checked, fraction, memory


def step_sgd(w: Array, g: Array, state: Mapping[str, Array] | None, t: int, *, lr: float) -> Step:
    """w - lr g.

    Args:
        w: weights, any shape.
        g: the gradient at w, of w's shape.
        state: what the last step returned; None before the first.
        t: number of the step, from 1.
        lr: learning rate, >= 0.

    Returns:
        w: new weights, of the shape, kind and dtype of w.
        state: empty.

    Raises:
        TypeError: t is not an integer.
        ValueError: other shapes or a number out of its range.

    Source:
        Robbins & Monro, "A stochastic approximation method", 1951; Artieres deck, "Using momentum".
    """
    w, g = checked(w, g, t)
    return w - real("lr", lr, low=0) * g, {}


def step_momentum(
    w: Array,
    g: Array,
    state: Mapping[str, Array] | None,
    t: int,
    *,
    lr: float,
    momentum: float = 0.9,
    lr_inside: bool = True,
) -> Step:
    """v = momentum v + lr g, then w - v.

    With `lr_inside` false, v = momentum v + g and w - lr v: the same iterates for a constant
    learning rate, others under a schedule.

    Args:
        w: weights, any shape.
        g: the gradient at w, of w's shape.
        state: what the last step returned; None before the first.
        t: number of the step, from 1.
        lr: learning rate, >= 0.
        momentum: in [0, 1).
        lr_inside: whether the velocity contains lr.

    Returns:
        w: new weights, of the shape, kind and dtype of w.
        state: v, of the shape of w.

    Raises:
        TypeError: t is not an integer.
        ValueError: other shapes, another method's state, or a number out of its range.

    Source:
        Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; Artieres
        deck, "Using momentum", has lr inside; torch.optim.SGD has it outside.
    """
    w, g = checked(w, g, t)
    (v,) = memory(w, state, "v")
    lr, momentum = real("lr", lr, low=0), fraction("momentum", momentum)
    v = momentum * v + (lr * g if lr_inside else g)
    return w - (v if lr_inside else lr * v), {"v": v}


def step_nesterov(
    w: Array,
    grad: Callable[[Array], Array],
    state: Mapping[str, Array] | None,
    t: int,
    *,
    lr: float,
    momentum: float = 0.9,
) -> Step:
    """v = momentum v + lr grad(w - momentum v), then w - v: the gradient after the jump.

    Args:
        w: weights, any shape.
        grad: the gradient, a function of w that returns an array of w's shape.
        state: what the last step returned; None before the first.
        t: number of the step, from 1.
        lr: learning rate, >= 0.
        momentum: in [0, 1).

    Returns:
        w: new weights, of the shape, kind and dtype of w.
        state: v, of the shape of w.

    Raises:
        TypeError: t is not an integer, or grad not a function.
        ValueError: other shapes, another method's state, or a number out of its range.

    Source:
        Nesterov 1983; Artieres deck, "Nesterov accelerated gradient". torch's `nesterov=True` is
        the same algorithm in other coordinates: its iterates are our points w - momentum v.
    """
    if not callable(grad):
        raise error("grad", "a function of w", grad, TypeError)
    w = float_array("w", w)
    (v,) = memory(w, state, "v")
    lr, momentum = real("lr", lr, low=0), fraction("momentum", momentum)
    ahead, g = checked(w - momentum * v, grad(w - momentum * v), t)
    v = momentum * v + lr * g
    return w - v, {"v": v}
