"""Linear classifiers: the perceptron, Cover's count, separability, the maximum margin.

Labels are -1 and +1. `perceptron` and `max_margin` work with hyperplanes through the origin, as
their theorems do (append a column of ones for a bias); `cover_count` and `is_separable` are about
affine hyperplanes.
"""

from __future__ import annotations

from math import comb, frexp, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog, nnls

from tdlcourse._validate import (
    Array,
    error,
    float_array,
    integer,
    namespace,
    numpy_array,
    sign_array,
)


class Perceptron(NamedTuple):
    """What `perceptron` returns."""

    w: Array
    mistakes: int
    converged: bool


class MaxMargin(NamedTuple):
    """What `max_margin` returns."""

    w: Array
    margin: float


def perceptron(X: Array, y: Array, max_epochs: int) -> Perceptron:
    """The perceptron's weights, its number of mistakes, and whether it stopped by itself.

    Starts at w = 0, visits the points in order, and adds y_i x_i whenever y_i <w, x_i> <= 0.
    On data of margin gamma in a ball of radius R it makes at most (R / gamma)^2 mistakes.

    Args:
        X: (n, d) points.
        y: (n,) labels, -1 or +1.
        max_epochs: passes over the data at most, >= 0.

    Returns:
        w: (d,) weights, of X's kind, dtype and device.
        mistakes: the number of updates.
        converged: True if a whole pass made no mistake, so that w separates the data.

    Raises:
        ValueError: wrong shapes, values that are not finite, labels other than -1 and +1.

    Source:
        Rosenblatt 1958; Novikoff, "On convergence proofs on perceptrons", 1962, for the bound.
        A point on the boundary counts as a mistake, otherwise w would never leave 0.
    """
    X = float_array("X", X, shape=("n", "d"), finite=True)
    y = sign_array("y", y, n=X.shape[0], like=X)
    unit = _exponent(X)
    X = _times_power_of_2(X, -unit)  # changes no decision; products neither overflow nor vanish
    w = namespace(X).zeros(X.shape[1], dtype=X.dtype, device=X.device)
    mistakes = 0
    for _ in range(integer("max_epochs", max_epochs, low=0)):
        before = mistakes
        for x_i, y_i in zip(X, y, strict=True):
            if y_i * (w @ x_i) <= 0:
                w = w + y_i * x_i
                mistakes += 1
        if mistakes == before:
            return Perceptron(_times_power_of_2(w, unit), mistakes, True)
    return Perceptron(_times_power_of_2(w, unit), mistakes, False)


def cover_count(n: int, d: int) -> int:
    """The number of dichotomies of n points in R^d that affine hyperplanes realise.

    2 * sum_{k=0}^{d} binom(n - 1, k), exactly, for points in general position: all 2^n of them up
    to n = d + 1, half of them at n = 2 (d + 1).

    Args:
        n: number of points, >= 1.
        d: dimension of the points, >= 1.

    Returns:
        The count, an exact integer of any size.

    Raises:
        TypeError: n or d is not an integer.
        ValueError: n or d is not positive.

    Source:
        Cover, "Geometrical and statistical properties of systems of linear inequalities", 1965,
        theorem 1. His C(N, d) is about hyperplanes through the origin: cover_count(n, d) is his
        C(n, d + 1).
    """
    n, d = integer("n", n, low=1), integer("d", d, low=1)
    return 2 * sum(comb(n - 1, k) for k in range(d + 1))


def is_separable(X: Array, y: Array) -> bool:
    """Whether some affine hyperplane has all points strictly on the side of their label.

    Decided by a linear programme (find w, b with y_i (<w, x_i> + b) >= 1), so that "no" is an
    answer and not a time-out. A "no" is returned only if 0 is in the convex hull of the
    y_i (x_i, 1) (Farkas' lemma) up to rounding: 1e-13, with each coordinate in units of its largest
    deviation from the mean. Touching points are not separated.

    Args:
        X: (n, d) points.
        y: (n,) labels, -1 or +1.

    Returns:
        True if such a hyperplane exists.

    Raises:
        ValueError: wrong shapes, values that are not finite, labels other than -1 and +1.
        ArithmeticError: the solver could not decide (margins near the limits of float64).

    Source:
        Minsky & Papert, "Perceptrons", 1969. The four XOR points give False.
    """
    X = float_array("X", numpy_array("X", X), shape=("n", "d"), finite=True).astype(np.float64)
    y = sign_array("y", y, n=X.shape[0], like=X)
    if X.size == 0:
        return bool(abs(y.sum()) == y.size)
    # Separability does not depend on units; a solver's tolerances do.
    X = np.ldexp(X, -np.frexp(abs(X).max(axis=0))[1])  # so that a sum does not overflow
    X = X - X.mean(axis=0)
    X = X / np.maximum(abs(X).max(axis=0), np.finfo(X.dtype).tiny)
    lifted = y[:, None] * np.column_stack([X, np.ones(len(X))])
    found = linprog(
        np.zeros(lifted.shape[1]),
        A_ub=-lifted,
        b_ub=-np.ones(len(X)),
        bounds=(None, None),
    )
    if found.status == 0:
        return True
    # "Infeasible" means up to 1e-7: margins that float64 still tells from 0 may be below.
    weights = _weights_of_zero(lifted)
    if found.status == 2 and np.linalg.norm(weights @ lifted) <= 1e-13:
        return False
    w = _equal_margins(lifted[weights > 0])
    if (lifted @ w).min() > 1e-15 * len(w) * abs(w).sum():  # more than rounding
        return True
    raise ArithmeticError(f"separability undecided: {found.message}")


def _weights_of_zero(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights >= 0 of sum 1 whose combination of the rows is 0, or near 0 if none is."""
    n, d = points.shape
    try:
        weights = nnls(np.vstack([points.T, np.ones(n)]), np.append(np.zeros(d), 1.0))[0]
    except RuntimeError as stopped:
        raise ArithmeticError(f"separability undecided: {stopped}") from None
    normalised: NDArray[np.float64] = weights / weights.sum()
    return normalised


def max_margin(X: Array, y: Array) -> MaxMargin:
    """The unit vector w that maximises min_i y_i <w, x_i>, and that maximum.

    It is the direction of the hard-margin support vector machine through the origin, to which
    gradient descent on the logistic loss converges. The maximum is the distance of the origin from
    the convex hull of the y_i x_i, and w points to the nearest point of that hull. The two numbers
    bound each other, so a result is returned only when it is optimal to one part in a million (to
    about 1e-12 unless the margin is tiny).

    Args:
        X: (n, d) points, n >= 1.
        y: (n,) labels, -1 or +1.

    Returns:
        w: (d,) of norm 1, of X's kind, dtype and device.
        margin: min_i y_i <w, x_i>, positive, in the units of X.

    Raises:
        ValueError: wrong shapes or labels, or no hyperplane through the origin separates the data
            (with a margin above about 1e-9 max |x_i|).

    Source:
        Soudry et al., "The implicit bias of gradient descent on separable data", JMLR 2018, eq. 4;
        Wolfe, "Finding the nearest point in a polytope", 1976.
    """
    X = float_array("X", X, shape=("n", "d"), finite=True)
    labels = sign_array("y", y, n=X.shape[0], like=X)
    signed = numpy_array("X", labels[:, None] * X).astype(np.float64)
    unit = _exponent(signed)
    signed = _times_power_of_2(signed, -unit)  # squares neither overflow nor vanish
    radius = np.linalg.norm(signed, axis=1).max(initial=0.0) or 1.0
    support, distance = _nearest_face(signed / radius) if len(signed) else ([], 0.0)
    w = _equal_margins(signed[support])
    margin = (signed @ w).min(initial=np.inf)
    if not 0 < (1 - 1e-6) * distance * radius <= margin < np.inf:
        raise error("(X, y)", "separable by a hyperplane through the origin", float(margin))
    return MaxMargin(float_array("w", w, like=X), float(_times_power_of_2(margin, unit)))


def _equal_margins(support: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unit vector whose products with all rows are the same; 0 if there is none."""
    u = np.linalg.lstsq(support, np.ones(len(support)))[0]
    unit: NDArray[np.float64] = u / (np.linalg.norm(u) or 1.0)
    return unit


def _exponent(X: Array) -> int:
    """k with 2^(k-1) <= max |X| < 2^k; 0 if all entries are 0."""
    return frexp(float(abs(X).max()))[1] if prod(X.shape) else 0


def _times_power_of_2(X: Array, k: int) -> Array:
    return X * 2.0 ** (k // 2) * 2.0 ** (k - k // 2)  # 2^k itself may overflow


def _nearest_face(points: NDArray[np.float64]) -> tuple[list[int], float]:
    """Rows whose convex hull holds the point of all rows' hull nearest to 0, and its distance."""
    face, weights = [int((points**2).sum(axis=1).argmin())], np.ones(1)
    for _ in range(100 + 10 * len(points)):
        nearest = weights @ points[face]
        new = int((points @ nearest).argmin())
        no_descent = nearest @ (nearest - points[new]) <= 1e-15 * np.linalg.norm(nearest)
        if new in face or no_descent:
            break
        face, weights = [*face, new], np.append(weights, 0.0)
        goal = _affine_weights(points[face])
        while (out := np.flatnonzero(goal < 0)).size:
            # The goal is outside: walk to the boundary of the face and drop the corner left there.
            shares = weights[out] / (weights[out] - goal[out])
            first = int(out[shares.argmin()])
            weights = np.delete(weights + shares.min() * (goal - weights), first)
            del face[first]
            goal = _affine_weights(points[face])
        weights = goal
    return face, float(np.linalg.norm(weights @ points[face]))


def _affine_weights(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of sum 1 for which weights @ corners is nearest to 0."""
    edges = corners[1:] - corners[0]
    weights = np.linalg.lstsq(edges.T, -corners[0])[0]
    return np.append(1 - weights.sum(), weights)
