"""First-order steps with a rate for each weight: adagrad, adadelta, rmsprop, adam.

Where a square root is divided by, `eps` keeps the quotient finite. It stands *outside* the root
unless `eps_inside` is true; the two differ visibly as soon as gradients are as small as 1e-4.
"""

from __future__ import annotations

from collections.abc import Mapping

from tdlcourse._validate import Array, namespace, real
from tdlcourse.optim._arguments import Step, checked, fraction, memory


def step_adagrad(
    w: Array,
    g: Array,
    state: Mapping[str, Array] | None,
    t: int,
    *,
    lr: float = 0.01,
    eps: float = 1e-10,
    eps_inside: bool = False,
) -> Step:
    """w - lr g / (sqrt(G) + eps) with G the sum of all squared gradients, each weight its own.

    Args:
        w: weights, any shape.
        g: the gradient at w, of w's shape.
        state: what the last step returned; None before the first.
        t: number of the step, from 1.
        lr: learning rate, >= 0.
        eps: >= 0.
        eps_inside: whether eps is inside the root.

    Returns:
        w: new weights, of the shape, kind and dtype of w.
        state: G, of the shape of w.

    Raises:
        TypeError: t is not an integer.
        ValueError: other shapes, another method's state, or a number out of its range.

    Source:
        Duchi, Hazan & Singer, "Adaptive subgradient methods", JMLR 2011, figure 1; Artieres deck,
        "Adagrad", has eps inside the root.
    """
    w, g = checked(w, g, t)
    (total,) = memory(w, state, "G")
    total = total + g**2
    return w - real("lr", lr, low=0) * g / _root(total, eps, eps_inside), {"G": total}


def step_adadelta(
    w: Array,
    g: Array,
    state: Mapping[str, Array] | None,
    t: int,
    *,
    lr: float = 1.0,
    rho: float = 0.9,
    eps: float = 1e-6,
) -> Step:
    """w - lr RMS[last steps] / RMS[gradients] g: a step in the units of w.

    Running means E = rho E + (1 - rho) new; RMS = sqrt(E + eps). The numerator is the mean *before*
    this step is included.

    Args:
        w: weights, any shape.
        g: the gradient at w, of w's shape.
        state: what the last step returned; None before the first.
        t: number of the step, from 1.
        lr: learning rate, >= 0.
        rho: in [0, 1).
        eps: inside the roots, >= 0.

    Returns:
        w: new weights, of the shape, kind and dtype of w.
        state: g2 and dw2, of the shape of w.

    Raises:
        TypeError: t is not an integer.
        ValueError: other shapes, another method's state, or a number out of its range.

    Source:
        Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1, where lr = 1.
    """
    w, g = checked(w, g, t)
    squares, steps = memory(w, state, "g2", "dw2")
    rho = fraction("rho", rho)
    squares = rho * squares + (1 - rho) * g**2
    change = _root(steps, eps, True) / _root(squares, eps, True) * g
    steps = rho * steps + (1 - rho) * change**2
    return w - real("lr", lr, low=0) * change, {"g2": squares, "dw2": steps}


def step_rmsprop(
    w: Array,
    g: Array,
    state: Mapping[str, Array] | None,
    t: int,
    *,
    lr: float = 0.01,
    rho: float = 0.99,
    eps: float = 1e-8,
    eps_inside: bool = False,
) -> Step:
    """w - lr g / (sqrt(E) + eps) with E = rho E + (1 - rho) g^2, a running mean.

    Args:
        w: weights, any shape.
        g: the gradient at w, of w's shape.
        state: what the last step returned; None before the first.
        t: number of the step, from 1.
        lr: learning rate, >= 0.
        rho: in [0, 1).
        eps: >= 0.
        eps_inside: whether eps is inside the root.

    Returns:
        w: new weights, of the shape, kind and dtype of w.
        state: g2, of the shape of w.

    Raises:
        TypeError: t is not an integer.
        ValueError: other shapes, another method's state, or a number out of its range.

    Source:
        Tieleman & Hinton, "Lecture 6.5 - RMSProp", Coursera 2012, with rho = 0.9; the default is
        that of torch.optim.RMSprop. Not centred, no momentum.
    """
    w, g = checked(w, g, t)
    (squares,) = memory(w, state, "g2")
    rho = fraction("rho", rho)
    squares = rho * squares + (1 - rho) * g**2
    return w - real("lr", lr, low=0) * g / _root(squares, eps, eps_inside), {"g2": squares}


def step_adam(
    w: Array,
    g: Array,
    state: Mapping[str, Array] | None,
    t: int,
    *,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    eps_inside: bool = False,
) -> Step:
    """w - lr m' / (sqrt(s') + eps): running means of g and g^2, corrected for their start at 0.

    m = beta1 m + (1 - beta1) g and m' = m / (1 - beta1^t), likewise s with g^2 and beta2. The
    first step has length lr in each coordinate in which |g| >> eps, however large g is.

    Args:
        w: weights, any shape.
        g: the gradient at w, of w's shape.
        state: what the last step returned; None before the first.
        t: number of the step, from 1.
        lr: learning rate, >= 0.
        beta1, beta2: in [0, 1).
        eps: >= 0.
        eps_inside: whether eps is inside the root.

    Returns:
        w: new weights, of the shape, kind and dtype of w.
        state: m and s, of the shape of w.

    Raises:
        TypeError: t is not an integer.
        ValueError: other shapes, another method's state, or a number out of its range.

    Source:
        Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
    """
    w, g = checked(w, g, t)
    m, s = memory(w, state, "m", "s")
    beta1, beta2 = fraction("beta1", beta1), fraction("beta2", beta2)
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    mean, square = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - real("lr", lr, low=0) * mean / _root(square, eps, eps_inside), {"m": m, "s": s}


def _root(square: Array, eps: float, inside: bool) -> Array:
    eps, xp = real("eps", eps, low=0), namespace(square)
    return xp.sqrt(square + eps) if inside else xp.sqrt(square) + eps
