"""Sparse coding: dictionaries, and codes found by thresholding, pursuit and linear programming."""

from __future__ import annotations

import numpy as np

from tdlcourse._validate import (
    Array,
    error,
    float_array,
    integer,
    namespace,
    numpy_array,
    real,
)

_ROUNDINGS = 10  # units of rounding, times the larger side of D, that are no residual
_REPRODUCED = 1e-9  # relative residual of a signal that its code reproduces


def ista(D: Array, y: Array, lam: float, iters: int) -> Array:
    """Code after iters steps of iterative soft thresholding on 1/2 ||y - D g||^2 + lam ||g||_1.

    Args:
        D: (n, k) dictionary, atoms in columns; they need not have norm 1.
        y: (..., n) signals.
        lam: weight of the l1 norm, >= 0.
        iters: steps of size 1 / ||D||_2^2, >= 0, from g = 0.

    Returns:
        (..., k) codes; the objective is within ||D||_2^2 ||g*||^2 / (2 iters) of its minimum.

    Raises:
        ValueError: shapes disagree or a range is wrong.

    Source:
        Daubechies, Defrise & De Mol 2004; rate: Beck & Teboulle 2009, theorem 3.1.
    """
    return _shrinkage(D, y, lam, iters, momentum=False)


def fista(D: Array, y: Array, lam: float, iters: int) -> Array:
    """As `ista`, with Nesterov's momentum: within 2 ||D||_2^2 ||g*||^2 / (iters + 1)^2.

    Source:
        Beck & Teboulle, "A fast iterative shrinkage-thresholding algorithm", 2009, theorem 4.4.
    """
    return _shrinkage(D, y, lam, iters, momentum=True)


def _shrinkage(D: Array, y: Array, lam: float, iters: int, *, momentum: bool) -> Array:
    D = float_array("D", D, shape=("n", "k"))
    y = float_array("y", y, shape=(..., D.shape[0]), like=D)
    lam, iters, xp = real("lam", lam, low=0), integer("iters", iters, low=0), namespace(D)
    lipschitz = float(xp.linalg.matrix_norm(D, ord=2)) ** 2
    if not lipschitz > 0:
        raise error("D", "a non-zero matrix", D)
    code = look_ahead = y @ D * 0.0
    age = 1.0
    for _ in range(iters):
        moved = look_ahead + (y - look_ahead @ D.mT) @ D / lipschitz
        shrunk = abs(moved) - lam / lipschitz
        new = xp.sign(moved) * xp.where(shrunk > 0, shrunk, 0.0)
        older, age = age, (1 + (1 + 4 * age * age) ** 0.5) / 2
        look_ahead = new + (older - 1) / age * (new - code) if momentum else new
        code = new
    return code


def omp(D: Array, y: Array, s: int) -> Array:
    """Code with at most s atoms by orthogonal matching pursuit.

    Each step takes the atom with the largest correlation |<d, r>| / ||d|| with the residual r, and
    refits all chosen atoms by least squares.

    Args:
        D: (n, k) dictionary, atoms in columns, none zero; norms do not matter.
        y: (n,) signal.
        s: number of atoms, between 0 and min(n, k).

    Returns:
        (k,) code; fewer atoms if the residual vanishes before, to 10 eps max(n, k) ||y||. It is
        the sparsest code, if one with fewer than (1 + 1 / mutual_coherence(D)) / 2 atoms exists.

    Raises:
        ValueError: shapes disagree, an atom is zero, or s is out of range.

    Source:
        Pati, Rezaiifar & Krishnaprasad 1993; exact recovery: Tropp 2004, theorem B.
    """
    D = float_array("D", D, shape=("n", "k"))
    n, k = D.shape
    y = float_array("y", y, shape=(n,), like=D)
    xp, s = namespace(D), integer("s", s, low=0, high=min(n, k))
    norms = _atom_norms(D)
    chosen: list[int] = []
    code, residual = D[0] * 0.0, y
    rounding = _ROUNDINGS * float(xp.finfo(D.dtype).eps) * max(n, k)
    smallest = rounding * float(xp.linalg.vector_norm(y))
    for _ in range(s):
        if float(xp.linalg.vector_norm(residual)) <= smallest:
            break
        correlation = abs(residual @ D) / norms
        correlation[chosen] = -1.0  # orthogonal to the residual, up to rounding
        chosen.append(int(correlation.argmax()))
        coefficients = xp.linalg.lstsq(D[:, chosen], y[:, None])[0][:, 0]
        residual = y - D[:, chosen] @ coefficients
        code[chosen] = coefficients
    return code


def basis_pursuit(D: Array, y: Array) -> Array:
    """Code of least l1 norm with D g = y, by linear programming.

    Args:
        D: (n, k) dictionary of full row rank.
        y: (n,) signal.

    Returns:
        (k,) code, a vertex: at most n non-zeros.

    Raises:
        ValueError: shapes disagree, a value is not finite, or no code reproduces y to a relative
            error of 1e-9 (or 10 eps max(n, k), if that is more).

    Source:
        Chen, Donoho & Saunders 1998. It finds the sparsest code under the condition of `omp`.
    """
    from scipy.optimize import linprog

    dictionary = float_array("D", D, shape=("n", "k"), finite=True)
    n, k = dictionary.shape
    signal = numpy_array("y", float_array("y", y, shape=(n,), like=dictionary, finite=True))
    rounding = float(np.finfo(signal.dtype).eps)
    atoms, signal = numpy_array("D", dictionary).astype(np.float64), signal.astype(np.float64)
    # The solver's tolerances are absolute: it gets atoms of norm 1 and a signal of size 1.
    norms = np.linalg.norm(atoms, axis=0)
    norms[norms == 0] = norms.max(initial=0.0) or 1.0
    size = abs(signal).max(initial=0.0) or 1.0
    unit, target = atoms / norms, signal / size
    prices = np.tile(norms.max(initial=1.0) / norms, 2)
    found = linprog(prices, A_eq=np.hstack([unit, -unit]), b_eq=target)
    if not found.success:
        raise error("y", "in the range of D", found.message)
    code = found.x[:k] - found.x[k:]
    # ... which do not see that a small entry of the signal is not reproduced.
    left_over = np.linalg.norm(unit @ code - target) / (np.linalg.norm(target) or 1.0)
    if left_over > max(_REPRODUCED, _ROUNDINGS * rounding * max(n, k)):
        raise error("y", "in the range of D", f"a relative residual of {left_over:.1e}")
    return float_array("code", code / norms * size, like=dictionary)


def mutual_coherence(D: Array) -> float:
    """Largest |<d_i, d_j>| / (||d_i|| ||d_j||) of two different atoms, in [0, 1].

    Args:
        D: (n, k) dictionary, k >= 2 atoms in columns, none zero.

    Returns:
        mu; at least sqrt((k - n) / (n (k - 1))) by Welch. Any 1 / mu atoms are independent: the
        spark of D is at least 1 + 1 / mu.

    Raises:
        ValueError: D is not such a matrix.

    Source:
        Donoho & Elad 2003; Elad, "Sparse and redundant representations", 2010, section 2.2.
    """
    D = float_array("D", D, shape=("n", "k"))
    integer("number of columns of D", D.shape[1], low=2)
    unit = D / _atom_norms(D)
    gram = abs(unit.mT @ unit)
    return float((gram - namespace(D).diag(gram.diagonal())).max())


def csc_dictionary(filters: Array, N: int) -> Array:
    """Dictionary of convolutional sparse coding: all circular shifts of all filters.

    Args:
        filters: (m, w) local atoms, w <= N.
        N: length of the signals.

    Returns:
        (N, N m): m circulant blocks, one a filter; column f N + t is filter f starting at sample t,
        around the end. D @ g is the sum of the circular convolutions (not correlations) of the
        filters with their N coefficients.

    Raises:
        ValueError: filters is not a matrix, or wider than N.

    Source:
        Papyan, Sulam & Elad, "Working locally thinking globally", 2017, section II. Interleaving
        the blocks, so that all filters at one position are neighbours, gives their second form.
    """
    filters = float_array("filters", filters, shape=("m", "w"))
    m, w = filters.shape
    N = integer("N", N, low=w)
    xp = namespace(filters)
    padded = xp.concatenate([filters, *[filters[:, :1] * 0] * (N - w)], 1)
    samples = xp.arange(N, device=filters.device)
    circulants = padded[:, (samples[:, None] - samples) % N]  # (m, sample, start)
    return xp.moveaxis(circulants, 0, 1).reshape(N, m * N)


def _atom_norms(D: Array) -> Array:
    norms = namespace(D).linalg.vector_norm(D, axis=0)
    if not bool((norms > 0).all()):
        raise error("D", "a dictionary without zero atoms", D)
    return norms
