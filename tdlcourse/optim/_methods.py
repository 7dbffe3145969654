"""Newton's step, escaping saddles by noise, and clipping."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod

from tdlcourse._validate import (
    Array,
    Generator,
    error,
    float_array,
    integer,
    is_tensor,
    namespace,
    real,
    standard_normal,
    standard_uniform,
)


def newton(w: Array, grad: Array, hess: Array, damping: float = 0.0) -> Array:
    """w - (hess + damping I)^(-1) grad; without damping one step solves a quadratic.

    Args:
        w: (d,) weights.
        grad: (d,) gradient at w.
        hess: (d, d) Hessian at w.
        damping: >= 0; above minus the smallest eigenvalue of hess the step descends.

    Returns:
        (d,) new weights, of w's kind, dtype and device.

    Raises:
        ValueError: wrong shapes, negative damping, or hess + damping I is singular.

    Source:
        Artieres deck, "Optimal learning rate and convergence speed"; Levenberg 1944 for damping.
    """
    w = float_array("w", w, shape=("d",))
    d = w.shape[0]
    grad = float_array("grad", grad, shape=(d,), like=w)
    hess = float_array("hess", hess, shape=(d, d), like=w)
    xp = namespace(w)
    damped = hess + real("damping", damping, low=0) * xp.eye(d, dtype=w.dtype, device=w.device)
    try:
        return w - xp.linalg.solve(damped, grad)
    except xp.linalg.LinAlgError:
        raise error("hess + damping I", "an invertible matrix", damped) from None


def perturbed_gd(
    grad: Callable[[Array], Array],
    x0: Array,
    eta: float,
    r: float,
    g_thresh: float,
    gen: Generator,
    T: int,
    *,
    wait: int = 0,
) -> Array:
    """The point after T gradient steps, with noise wherever the gradient is small.

    Where |grad| <= g_thresh, and no noise was added in the last `wait` steps, x first moves to a
    uniform point of the ball of radius r around it: enough to leave a strict saddle, at which
    plain gradient descent stays if it starts on the stable manifold.

    Args:
        grad: the gradient, a function from (d,) to (d,).
        x0: (d,) start.
        eta: step size, positive.
        r: radius of the noise, >= 0.
        g_thresh: size of gradients that count as small, >= 0.
        gen: source of the noise.
        T: number of steps, >= 0.
        wait: steps without noise after noise.

    Returns:
        (d,) the last point, of x0's kind, dtype and device. Near a minimum it keeps moving in a
        ball of radius about r.

    Raises:
        ValueError: wrong shapes or ranges.

    Source:
        Jin et al., "How to escape saddle points efficiently", ICML 2017, algorithm 2, without its
        stopping rule.
    """
    x = float_array("x0", x0, shape=("d",)) + 0  # a new array, also after no step
    eta, r = real("eta", eta, low=0, open_low=True), real("r", r, low=0)
    g_thresh, wait = real("g_thresh", g_thresh, low=0), integer("wait", wait, low=0)
    last = -wait - 1
    for t in range(integer("T", T, low=0)):
        g = float_array("grad(x)", grad(x), shape=tuple(x.shape), like=x)
        if t - last > wait and namespace(g).linalg.norm(g) <= g_thresh:
            x, last = x + r * _ball(gen, x), t
            g = float_array("grad(x)", grad(x), like=x)
        x = x - eta * g
    return x


def _ball(gen: Generator, like: Array) -> Array:
    """A uniform point of the unit ball: any direction, radius U^(1/d)."""
    direction = standard_normal(gen, tuple(like.shape), like=like)
    radius = standard_uniform(gen, (1,), like=like) ** (1 / like.shape[0])
    return radius * direction / namespace(like).linalg.norm(direction)


def clip_grad_norm(grads: Sequence[Array], max_norm: float) -> tuple[list[Array], float]:
    """The gradients scaled to a common norm of at most max_norm, and their norm before.

    Args:
        grads: arrays of any shapes; the norm is that of all entries together.
        max_norm: positive.

    Returns:
        clipped: new arrays; the same values where the norm was not above max_norm.
        norm: the Euclidean norm of the arguments; math.inf above the largest float.

    Raises:
        ValueError: max_norm is not positive, or an entry is not finite.

    Source:
        Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML
        2013, algorithm 1. torch divides by norm + 1e-6; here the clipped norm is max_norm exactly.
    """
    arrays = [float_array(f"grads[{k}]", g, finite=True) for k, g in enumerate(grads)]
    values = [g.detach() if is_tensor(g) else g for g in arrays]
    largest = max((float(abs(g).max()) for g in values if prod(g.shape)), default=0.0)
    largest = largest or 1.0  # in units of the largest entry squares neither overflow nor vanish
    relative = sum(float(((g / largest) ** 2).sum()) for g in values) ** 0.5
    norm = largest * relative
    limit = real("max_norm", max_norm, low=0, open_low=True)
    if norm == inf:
        return [g / largest * (limit / relative) for g in arrays], norm
    scale = limit / norm if norm > limit else 1.0
    return [g * scale for g in arrays], norm
