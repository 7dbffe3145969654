"""Curvature of a loss without its Hessian: Hessian-vector products and Lanczos iterations."""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any, NamedTuple

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
)


class Eigenpairs(NamedTuple):
    """What `lanczos` returns."""

    values: Array
    vectors: Array
    products: int


def hvp(f: Callable[[Any], Any], w: Array, v: Array) -> Array:
    """The product of a function's Hessian at w with v, by differentiating <grad f, v>.

    Args:
        f: function of one tensor, in torch operations, with one number as its value.
        w: the point, any shape; f gets it as a tensor.
        v: the vector, of the shape of w.

    Returns:
        Array of w's shape, kind, dtype and device: a few times the cost of a gradient.

    Raises:
        ValueError: v has another shape, or f's value is not a single number.

    Source:
        Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
    """
    import torch

    from tdlcourse._tensors import float_tensor

    point = float_tensor("w", w).detach().clone().requires_grad_()
    vector = float_tensor("v", v, shape=tuple(point.shape), like=point)
    product = torch.zeros_like(point, requires_grad=False)
    with torch.enable_grad():  # also where gradients are switched off
        value = f(point)
        if not is_tensor(value) or value.numel() != 1:
            raise error("f(w)", "a tensor with one number", value)
        if value.requires_grad:  # else a constant
            slope = torch.autograd.grad(
                value.sum(), point, create_graph=True, materialize_grads=True
            )[0]
            along = (slope * vector).sum()
            if along.requires_grad:  # else linear
                product = torch.autograd.grad(along, point, materialize_grads=True)[0]
    return product if is_tensor(w) else product.numpy()


def top_eigenvalue(f: Callable[[Any], Any], w: Array, iters: int, gen: Generator) -> float:
    """The algebraically largest eigenvalue of a function's Hessian at w, by Lanczos.

    A power iteration would find the eigenvalue of largest modulus, which may be negative.

    Args:
        f: function of one tensor, as for `hvp`.
        w: the point, any shape.
        iters: Hessian-vector products at most, >= 1; fewer if the error falls below 1e-12
            (relative). The result is a lower bound that grows with iters.
        gen: draws the first vector.

    Returns:
        The eigenvalue.

    Source:
        Golub & Van Loan, "Matrix computations", 4th edition, section 10.1.
    """
    w = float_array("w", w)
    size = prod(w.shape)

    def product(v: Array) -> Array:
        return hvp(f, w, v.reshape(w.shape)).reshape(-1)

    start = standard_normal(gen, (size,), like=w)
    iters = min(integer("iters", iters, low=1), size)
    return float(_lanczos(product, start, 1, iters, 1e-12, gen)[0].values[0])


def lanczos(
    product: Callable[[Array], Array],
    n: int,
    count: int,
    gen: Generator,
    *,
    tolerance: float = 1e-10,
    iters: int | None = None,
) -> Eigenpairs:
    """The `count` algebraically largest eigenvalues of a symmetric matrix given by its products.

    Stops when all residuals |A x - lambda x| are below tolerance * |A|; the eigenvalues' errors are
    then of the order of tolerance^2. An eigenvalue of a higher multiplicity may be found only once.

    Args:
        product: v -> A v for (n,) vectors of gen's kind.
        n: size of the matrix, >= 1.
        count: number of eigenvalues, 1 to n.
        gen: draws the first vector.
        tolerance: of residuals, relative to the largest eigenvalue found, positive.
        iters: products at most; n without.

    Returns:
        values: (count,) decreasing; vectors: (n, count), orthonormal; products: how many were used.

    Raises:
        ArithmeticError: not converged after `iters` products.

    Source:
        Lanczos 1950; with full reorthogonalisation, Golub & Van Loan, section 10.3.
    """
    n = integer("n", n, low=1)
    count = integer("count", count, low=1, high=n)
    tolerance = real("tolerance", tolerance, low=0, open_low=True)
    iters = n if iters is None else integer("iters", iters, low=count, high=n)
    found, residual = _lanczos(product, standard_normal(gen, (n,)), count, iters, tolerance, gen)
    if residual > tolerance and iters < n:
        raise ArithmeticError(f"not converged after {iters} products: residual {residual:.1e}")
    return found


def _lanczos(
    product: Callable[[Array], Array],
    start: Array,
    count: int,
    iters: int,
    tolerance: float,
    gen: Generator,
) -> tuple[Eigenpairs, float]:
    """The eigenpairs after convergence or `iters` products, and their largest relative residual."""
    from scipy.linalg import eigh_tridiagonal

    xp, basis = namespace(start), [start / _norm(start)]
    diagonal: list[float] = []
    beside: list[float] = []
    while True:
        image = product(basis[-1])
        diagonal.append(float(image @ basis[-1]))
        rows = xp.stack(basis)
        image, rest = _orthogonal(image, rows)
        values, small = eigh_tridiagonal(diagonal, beside)
        size = float(abs(values).max())
        top = slice(None, -1 - count, -1)
        residual = rest * float(abs(small[-1, top]).max()) / (size or 1.0)
        if len(basis) >= count and (residual <= tolerance or len(basis) == iters):
            vectors = rows.T @ float_array("vectors", small[:, top].copy(), like=rows)
            found = float_array("values", values[top].copy(), like=rows)
            return Eigenpairs(found, vectors, len(basis)), residual
        if rest <= float(xp.finfo(start.dtype).eps) * size:  # an invariant space: go on outside
            image, rest = _orthogonal(standard_normal(gen, start.shape, like=start), rows)
            beside.append(0.0)
        else:
            beside.append(rest)
        basis.append(image / rest)


def _orthogonal(vector: Array, rows: Array) -> tuple[Array, float]:
    """The part of a vector orthogonal to orthonormal rows, and its norm."""
    for _ in range(2):  # once is not enough when little is left
        vector = vector - rows.T @ (rows @ vector)
    return vector, _norm(vector)


def _norm(vector: Array) -> float:
    return sqrt(float((vector**2).sum()))
