"""Recomputes the formulas and tolerances of lab 2, without the model solution.

Run it: `python docs/derivations/lab2_check.py` (about a minute). Each function is one section of
lab2.md. Where the reference package has a quantity, it is compared too.
"""

from math import log, pi, sqrt

import numpy as np

from autograder.checks.lab2 import test_q2, test_q3, test_q4
from tdlcourse import meanfield


def check(claim, holds):
    """Print a claim; stop at the first that does not hold."""
    print("ok   " if holds else "FAIL ", claim, flush=True)
    if not holds:
        raise SystemExit(1)


def near(a, b, rtol):
    return bool(np.all(np.abs(np.asarray(a) - b) <= rtol * np.abs(b)))


def q2_limits():
    X = np.random.default_rng(0).normal(size=(100, 500))
    X *= sqrt(500) / np.linalg.norm(X, axis=1, keepdims=True)  # all of mean square 1
    for scheme, act, expected, rtol in [
        (0.01, "tanh", 3.0e-7, 0.05),
        ("xavier", "tanh", 0.228, 0.01),
        (1.0, "tanh", 0.981, 0.002),
        ("he", "relu", sqrt(1 - 1 / pi), 1e-9),
        ("xavier", "relu", sqrt(1 - 1 / pi) / 2**5, 1e-9),
    ]:
        found = test_q2.limits(X, 10, 500, scheme, act)[-1]
        check(f"q2 {act} {scheme}: {found:.4g}", near(found, expected, rtol))
    q, step = 1.0, 1.0
    for _ in range(9):
        step = meanfield.variance_map(q, 1.0, 0.0)
        q = step
    tenth = sqrt(meanfield.variance_map(q, 1.0, 0.0))
    check(
        "q2: the reference's variance map agrees",
        near(tenth, test_q2.limits(X, 10, 500, "xavier", "tanh")[-1], 1e-6),
    )
    z = np.random.default_rng(1).normal(size=10**7)
    r = np.maximum(z, 0) ** 2
    check("q2: relative variance of ReLU's square is 5", near(r.var() / r.mean() ** 2, 5, 0.02))


def gauss(qa, qb, c, function=np.tanh):
    z, w = np.polynomial.hermite_e.hermegauss(100)
    w = w / w.sum()
    ub = np.sqrt(qb) * (c * z[:, None] + np.sqrt(max(0, 1 - c * c)) * z)
    return w @ (function(np.sqrt(qa) * z)[:, None] * function(ub)) @ w


def q3_maps():
    for name, (qa, qb, c, sw2, sb2, depth) in test_q3.STARTS.items():
        row = other = (qa, qb, c)
        for _ in range(depth):
            row = test_q3.step(*row, sw2, sb2)
            a, b = (sw2 * gauss(q, q, 1.0) + sb2 for q in other[:2])
            other = a, b, min(1, max(-1, (sw2 * gauss(*other) + sb2) / sqrt(a * b)))
        off = np.abs(np.array(row) - other).max()
        check(f"q3 {name}: trapezoid and Gauss agree, {off:.0e}", off <= 1e-6)
    c = np.linspace(-1, 1, 9)
    for sw2, sb2 in [(0.8, 0.1), (3.5, 0.05)]:
        q = meanfield.q_star(sw2, sb2)
        ours = [test_q3.step(q, q, t, sw2, sb2)[2] for t in c]
        off = np.abs(meanfield.corr_map(c, sw2, sb2) - ours).max()
        check(f"q3: the reference's correlation map agrees, {off:.0e}", off <= 1e-6)


def q3_scales():
    for name, (sw2, sb2) in test_q3.POINTS.items():
        scale, chi = test_q3.expected_scale(sw2, sb2), meanfield.chi1(sw2, sb2)
        check(f"q3 {name}: scale {scale:.2f}, chi1 {chi:.2f}", 0 < scale <= 20)
        if chi < 1:
            check(f"q3 {name}: -1 / log chi1 in order", near(scale, -1 / log(chi), 1e-5))
            continue
        row = (meanfield.q_star(sw2, sb2),) * 2 + (0.6,)
        seen = []
        for _ in range(300):
            row = test_q3.step(*row, sw2, sb2)
            seen.append(row[2])
        distances = np.abs(np.array(seen[:-1]) - seen[-1])
        last = int(np.flatnonzero(distances > 1e-6)[-1])
        rate = -1 / log(distances[last] / distances[last - 1])
        check(f"q3 {name}: iterates shrink with {rate:.2f}", near(rate, scale, 0.01))


def q3_a_real_network():
    # Near the critical line fluctuations of a single network are remembered: take many.
    rng, n, rows = np.random.default_rng(2), 800, []
    for _ in range(16):
        x = rng.normal(size=(2, n))
        u = np.stack([x[0], 0.5 * x[0] + sqrt(0.75) * x[1]])
        for _ in range(5):
            W = rng.normal(size=(n, n)) * sqrt(1.76 / n)
            u = np.tanh(u) @ W.T + sqrt(0.05) * rng.normal(size=n)
        rows.append((u @ u.T / n)[np.triu_indices(2)])
    aa, ab, bb = np.mean(rows, axis=0)
    row = (1.0, 1.0, 0.5)
    for _ in range(5):
        row = test_q3.step(*row, 1.76, 0.05)
    found = np.array([aa, bb, ab / sqrt(aa * bb)])
    check(
        f"q3: the mean of 16 networks of width 800 is near, {found.round(3)}", near(found, row, 0.1)
    )


def q4_alike():
    rng = np.random.default_rng(3)
    X, y = rng.random((300, 64)), rng.integers(0, 10, size=300)
    largest = {}
    for depth in (4, 10, 16, 22):
        sizes = [64] + [48] * (depth - 1) + [10]
        pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
        Ws = [rng.uniform(-1, 1, size=(o, i)) / sqrt(i) for i, o in pairs]
        bs = [np.zeros(o) for _, o in pairs]
        norms = test_q4.expected("plain", Ws, bs, X, y)
        largest[depth] = norms.max()
        spread = norms.max() / norms.min()
        check(f"q4 plain {depth}: all within a factor 5 ({spread:.1f})", spread < 5)
        norms = test_q4.expected("residual", Ws, bs, X, y)
        check(f"q4 residual {depth}: largest {norms.max():.2f}", 0.02 < norms.max() < 5)
    per_two = (largest[4] / largest[22]) ** (1 / 9)
    check(f"q4 plain: two layers take a factor {per_two:.1f}", 4 < per_two < 9)


if __name__ == "__main__":
    q2_limits()
    q3_maps()
    q3_scales()
    q3_a_real_network()
    q4_alike()
