"""Recomputes every number and formula that homework 3 prints, without the reference package.

Run it: `python docs/derivations/hw3_check.py` (a few seconds). Each function is one section of
hw3.md; whole numbers and regions are computed in rational arithmetic, so nothing is rounded.
"""

from fractions import Fraction as Q
from itertools import combinations, product
from math import comb, pi

import numpy as np
from scipy.optimize import minimize

FOLD_W1 = [[2, 0], [4, 0], [0, 2], [0, 4]]
FOLD_B1 = [0, -2, 0, -2]
FOLD_W2 = [[4, -4, 1, -1], [2, -2, 3, -3], [-1, 1, 4, -4], [-3, 3, 2, -2]]
FOLD_B2 = [Q("-3.1"), Q(-3), Q("-2.1"), Q(0)]
READOUT, READOUT_BIAS = [Q("0.7"), Q("-1.1"), Q("1.3"), Q("0.45")], Q("0.25")


def check(claim, holds):
    """Print a claim; stop at the first that does not hold."""
    print("ok   " if holds else "FAIL ", claim)
    if not holds:
        raise SystemExit(1)


def zaslavsky(n, d):
    return sum(comb(n, j) for j in range(d + 1))


def relu(u):
    return np.maximum(u, 0)


# Rational geometry: a polygon is a list of points, an affine function a triple (gx, gy, c).


def value(g, p):
    return g[0] * p[0] + g[1] * p[1] + g[2]


def halves(polygon, g):
    """The one or two parts of a convex polygon on the two sides of g = 0."""
    at = [value(g, p) for p in polygon]
    if min(at) >= 0 or max(at) <= 0:
        return [polygon]
    parts = [], []
    for i, (p, a) in enumerate(zip(polygon, at, strict=True)):
        before, b = polygon[i - 1], at[i - 1]
        if a * b < 0:
            t = b / (b - a)
            crossing = tuple(x + t * (y - x) for x, y in zip(before, p, strict=True))
            parts[0].append(crossing)
            parts[1].append(crossing)
        for part, sign in zip(parts, (1, -1), strict=True):
            if sign * a >= 0:
                part.append(p)
    return list(parts)


def combine(weights, functions, bias):
    return tuple(
        sum((w * f[k] for w, f in zip(weights, functions, strict=True)), Q(0))
        + (bias if k == 2 else 0)
        for k in range(3)
    )


def cells(Ws, bs, size=1):
    """(polygon, the last hidden layer's affine functions) of every region of a square."""
    zero, one = Q(0), Q(size)
    square = [(zero, zero), (one, zero), (one, one), (zero, one)]
    found = [(square, [(Q(1), Q(0), Q(0)), (Q(0), Q(1), Q(0))])]
    for W, b in zip(Ws, bs, strict=True):
        after = []
        for polygon, inputs in found:
            units = [combine(row, inputs, bias) for row, bias in zip(W, b, strict=True)]
            pieces = [polygon]
            for g in units:
                pieces = [part for piece in pieces for part in halves(piece, g)]
            for piece in pieces:
                middle = [sum(p[k] for p in piece) / len(piece) for k in range(2)]
                on = [value(g, middle) > 0 for g in units]
                gated = [g if o else (Q(0),) * 3 for g, o in zip(units, on, strict=True)]
                after.append((piece, gated))
        found = after
    return found


def q0_warm_up():
    hat = [[1], [1]], [0, -0.5]
    x = np.array([-1, 0, 1 / 8, 3 / 8, 1 / 2, 5 / 8, 7 / 8, 2])
    v = relu(x[:, None] @ np.array(hat[0]).T + hat[1])
    v = relu(v @ np.array([[-2, 4], [2, -4]]).T + [0.25, -0.75])
    slopes = np.diff(v.sum(axis=1)) / np.diff(x)
    check("q0 beats: slopes 0 -2 0 2 -2 0 2", slopes.tolist() == [0, -2, 0, 2, -2, 0, 2])
    check("q0 maximum: the formula says 6 for n0 = 1, k = 2", 2 * zaslavsky(2, 1) == 6)
    check("q0 budget", (zaslavsky(24, 2), 4**4 * zaslavsky(8, 2)) == (301, 9472))
    rng = np.random.default_rng(0)
    Ws, z = [rng.normal(size=s) for s in [(4, 3), (5, 4), (1, 5)]], rng.normal(size=3)
    out = [float((Ws[2] * c @ relu(Ws[1] * c @ relu(Ws[0] * c @ z)))[0]) for c in (1, 2)]
    check("q0 degree: two hidden layers, output of degree 3", np.isclose(out[1], 2**3 * out[0]))


def q1_density():
    rng = np.random.default_rng(1)
    s, t = rng.normal(size=(2, 50))
    products = np.cos(s - t) - np.cos(s + t)
    check("q1 (c): 2 sin s sin t", np.allclose(2 * np.sin(s) * np.sin(t), products))
    a, x = -2.0, np.linspace(-2, 3, 101)
    check("q1 (a): R(x - a + 1) - R(x - a) = 1", np.allclose(relu(x - a + 1) - relu(x - a), 1))
    for A, eps in [(3.0, 0.1), (10.0, 1e-3)]:
        n = int(np.ceil(A / (2 * eps) ** 0.5))
        x, nodes = np.linspace(-A, A, 20001), np.linspace(-A, A, n + 1)
        error = np.abs(np.sin(x) - np.interp(x, nodes, np.sin(nodes))).max()
        check(f"q1 (b): {n} cells reach {eps} on [-{A}, {A}]", error <= eps)


def q2_interpolation():
    nodes, x = np.linspace(-pi, pi, 21), np.linspace(-pi, pi, 200001)
    slopes = np.diff(np.sin(nodes)) / np.diff(nodes)
    F = np.sin(-pi) + relu(x[:, None] - nodes[:-1]) @ np.diff(slopes, prepend=0.0)
    error, bound = np.abs(F - np.sin(x)).max(), (2 * pi / 20) ** 2 / 8
    check(f"q2: sin with 20 units errs by {error:.5f} <= {bound:.5f}", error <= bound)
    check("q2: rounded as in the plan", (round(error, 5), round(bound, 5)) == (0.01216, 0.01234))


def q3_counts():
    table = [(zaslavsky(8, 2), 37), (zaslavsky(12, 2), 79), (4 * zaslavsky(4, 2), 44)]
    check("q3: 37, 79, 44, 176", all(a == b for a, b in [*table, (16 * zaslavsky(4, 2), 176)]))
    check("q3: 138 units, and 137 are too few", zaslavsky(137, 2) == 9454 < 9472)
    check("q3: zaslavsky(138, 2) = 9592", zaslavsky(138, 2) == 9592)
    for n, d in product(range(1, 9), range(1, 5)):
        same = zaslavsky(n, d) == zaslavsky(n - 1, d) + zaslavsky(n - 1, d - 1)
        if not same:
            check("q3: recursion", False)
    check("q3: r(n, d) = r(n - 1, d) + r(n - 1, d - 1)", True)
    # An independent count: Euler's relation. In general position j hyperplanes meet in a flat of
    # dimension d - j, and regions = sum over flats of |Moebius| = sum_j binom(n, j).
    points = sum(1 for _ in combinations(range(8), 2))
    check("q3: 8 lines, V - E + F with 28 crossings and 8 * 8 edges", 1 - points + 8 * 8 == 37)


def q4_regions():
    found = cells([FOLD_W1, FOLD_W2], [FOLD_B1, FOLD_B2])
    check("q4: the fold network has exactly 44 regions", len(found) == 44)
    tiny = (
        [[1, -1, 0, 0], [0, 0, 1, -1], [1, -1, 1, -1]],
        [Q("-0.4871"), Q("-0.3319"), Q("-0.8193")],
    )
    check("q4 tests: 28", len(cells([FOLD_W1, tiny[0]], [FOLD_B1, tiny[1]])) == 28)
    bend = cells([[[1, 0], [0, 1]], [[1, 1]]], [[-2, -2], [-1]], size=4)
    check("q4 public test: a bent line cuts three of four quadrants", len(bend) == 7)
    return found


def q4_maps(found):
    def maps(signs):
        seen = set()
        for _, units in cells(
            [FOLD_W1, [[s * w for w in row] for s, row in zip(signs, FOLD_W2, strict=True)]],
            [FOLD_B1, [s * b for s, b in zip(signs, FOLD_B2, strict=True)]],
        ):
            seen.add(combine(READOUT, units, READOUT_BIAS))
        return len(seen)

    dead = sum(all(g == (0, 0, 0) for g in units) for _, units in found)
    check("q4-maps: four regions share the constant, so 44 - 3 = 41", dead == 4)
    counts = [maps(signs) for signs in product([1, -1], repeat=4)]
    check("q4-maps: 41 for 11 of the 16 signs, 44 for 5", sorted(counts) == [41] * 11 + [44] * 5)
    check(
        "q4-maps: 41 as printed, 44 for -1 1 1 -1",
        (maps((1,) * 4), maps((-1, 1, 1, -1))) == (41, 44),
    )


def tent(x):
    return min(2 * x, 2 - 2 * x)


def q5_depth():
    for m in range(6):
        errors = []
        for j in range(2**m):
            x = Q(2 * j + 1, 2 ** (m + 1))  # the middle: the chord of x^2 errs most there, by h^2/4
            q, teeth = x, x
            for s in range(1, m + 1):
                teeth = tent(teeth)
                q -= teeth / 4**s
            errors.append(q - x * x)
        if set(errors) != {Q(1, 4 ** (m + 1))}:
            check(f"q5: m = {m}", False)
    check("q5: error exactly 2^(-2m-2) in all middles, m = 0..5", True)
    for k in range(1, 6):
        x = [Q(j, 2**k) for j in range(2**k + 1)]
        for _ in range(k):
            x = [tent(t) for t in x]
        if x != [j % 2 for j in range(2**k + 1)]:
            check(f"q5: tent_{k}", False)
    check("q5: tent_k is 0 and 1 in turn at the multiples of 2^-k", True)


def q5_proof():
    rng = np.random.default_rng(2)
    x = np.linspace(-3, 3, 60001)
    for H, w in [(1, 3), (2, 2), (2, 3), (3, 2)]:
        v, worst = None, 0
        for _ in range(20):
            v, inputs = x[:, None], 1
            for _ in range(H):
                v = relu(v @ rng.normal(size=(inputs, w)) + rng.normal(size=w))
                inputs = w
            kinks = np.abs(np.diff(v @ rng.normal(size=w), 2)) > 1e-9
            # a kink inside a cell of the grid shows in two neighbouring second differences
            worst = max(worst, 1 + int((kinks & ~np.roll(kinks, 1)).sum()))
        if worst > (2 * w) ** H:
            check(f"q5-proof (b), H = {H}, w = {w}", False)
    check("q5-proof (b): random networks have at most (2w)^H pieces", True)
    t = (np.arange(4000) + 0.5) / 4000
    tooth = 1 - np.abs(2 * t - 1)
    best = min(
        minimize(lambda p: np.abs(tooth - p[0] - p[1] * t).mean(), start, method="Nelder-Mead").fun
        for start in ([0.0, 0.0], [1.0, -1.0], [0.3, 0.5])
    )
    check(
        f"q5-proof (c): best affine L1 distance to a tooth {best:.4f} = 1/4",
        abs(best - 0.25) < 1e-3,
    )


def q6_paths():
    rng = np.random.default_rng(3)
    Ws, x = [rng.normal(size=s) for s in [(4, 3), (3, 4), (2, 3)]], rng.normal(size=3)
    v1, y = relu(Ws[0] @ x), np.zeros(2)
    v2, active = relu(Ws[1] @ v1), 0
    for i, j, k, o in product(range(3), range(4), range(3), range(2)):
        if v1[j] > 0 and v2[k] > 0:
            y[o] += x[i] * Ws[0][j, i] * Ws[1][k, j] * Ws[2][o, k]
            active += 1
    check("q6: the path sum is the forward pass", np.allclose(y, Ws[2] @ v2, atol=1e-12))
    check("q6: number of active paths", active == 3 * (v1 > 0).sum() * (v2 > 0).sum() * 2)


def convac(leaves, mixes, perm):
    """T, entry by entry from the definition."""
    N, _, M = leaves.shape

    def psi(level, node, channel, index):
        if level == 0:
            return leaves[node, channel, index[node]]
        weights = mixes[level - 1][node, channel]
        return sum(
            w * psi(level - 1, 2 * node, a, index) * psi(level - 1, 2 * node + 1, a, index)
            for a, w in enumerate(weights)
        )

    T = np.zeros((M,) * N)
    for index in product(range(M), repeat=N):  # index[i] belongs to input i; slot k has perm[k]
        T[index] = psi(len(mixes), 0, 0, [index[perm[k]] for k in range(N)])
    return T


def fast_convac(leaves, mixes, perm):
    nodes = leaves
    for mix in mixes:
        pooled = np.einsum("jax,jay->jaxy", nodes[::2], nodes[1::2])
        nodes = np.einsum("jca,jaxy->jcxy", mix, pooled).reshape(len(mix), mix.shape[1], -1)
    return np.moveaxis(nodes.reshape((leaves.shape[2],) * len(leaves)), range(len(leaves)), perm)


def rank(T, rows):
    columns = [i for i in range(T.ndim) if i not in rows]
    matrix = T.transpose(*rows, *columns).reshape(T.shape[0] ** len(rows), -1)
    sigma = np.linalg.svd(matrix, compute_uv=False)
    return int((sigma > 1e-9 * sigma[0]).sum())


def circuit(rng, N, M, channels):
    r = [*channels, 1]
    mixes = [rng.normal(size=(N >> (k + 1), r[k + 1], r[k])) for k in range(len(channels))]
    return rng.normal(size=(N, r[0], M)), mixes


def q7_ranks():
    rng = np.random.default_rng(4)
    one = circuit(rng, 4, 2, [2, 3])
    check(
        "q7: levels and perm",
        np.allclose(convac(*one, [2, 0, 3, 1]), fast_convac(*one, [2, 0, 3, 1])),
    )
    for r0, r1, M in product((1, 2, 3, 5), (1, 2, 5), (2, 3)):
        T = fast_convac(*circuit(rng, 4, M, [r0, r1]), range(4))
        if (rank(T, [0, 2]), rank(T, [0, 1])) != (min(r0, M) ** 2, min(r0, r1, M * M)):
            check(f"q7: N = 4, r = {r0}, {r1}, M = {M}", False)
    check("q7: N = 4: min(r0, M)^2 and min(r0, r1, M^2), 24 cases", True)
    even, left = [0, 2, 4, 6], [0, 1, 2, 3]
    given = circuit(rng, 8, 4, [2, 3, 3])
    straight, halves_first = fast_convac(*given, range(8)), [0, 4, 1, 5, 2, 6, 3, 7]
    check("q7: N = 8: 16 and 3", (rank(straight, even), rank(straight, left)) == (16, 3))
    T = fast_convac(*given, halves_first)
    check("q7: pooled (i, i + 4) first: 16 and 4", (rank(T, left), rank(T, even)) == (16, 4))
    T = fast_convac(*given, [0, 4, 2, 6, 1, 5, 3, 7])
    check("q7: the other tree: 3", rank(T, even) == 3)


def q8_circuits():
    for r0, M, N in [(2, 3, 4), (3, 2, 4), (2, 2, 8)]:
        s, K = min(r0, M), N.bit_length() - 1
        leaves = np.zeros((N, r0, M))
        leaves[:, range(s), range(s)] = 1
        mixes = [np.zeros((N >> (k + 1), 1, r0 if k == 0 else 1)) for k in range(K)]
        mixes[0][:, 0, :s] = 1
        for mix in mixes[1:]:
            mix[:] = 1
        T = fast_convac(leaves, mixes, range(N))
        if rank(T, list(range(0, N, 2))) != s ** (N // 2):
            check(f"q8 (a), r0 = {r0}, M = {M}, N = {N}", False)
    check("q8 (a): the explicit point has rank min(r0, M)^(N/2)", True)
    rng, Z = np.random.default_rng(5), 5
    T = np.einsum("z,zi,zj,zk,zl->ijkl", rng.normal(size=Z), *rng.normal(size=(4, Z, 3)))
    check("q8 (c): five terms, rank 5", rank(T, [0, 2]) == 5)
    check("q8 (c): 10^32", min(10, 10) ** (64 // 2) == 10**32)


def q9_numbers():
    check("q9: 4 + 2 + 1 = 7 nodes", sum(2**k for k in range(3)) == 8 - 1 == 7)
    check("q9: cost", (round(0.1**-8), round(8 * 0.1**-2)) == (10**8, 800))
    least = next(d for d in range(1, 50) if 100**d >= 10**6 * d * 100**2)
    check("q9: crossover at d = 6", least == 6)
    check("q9: ternary tree, 3 + 1 = 4 nodes", (9 - 1) // (3 - 1) == 3 + 1 == 4)
    check("q9: halving, sqrt(2)^10 = 32", round(2 ** (10 / 2)) == 32)


def main():
    q0_warm_up()
    q1_density()
    q2_interpolation()
    q3_counts()
    q4_maps(q4_regions())
    q5_depth()
    q5_proof()
    q6_paths()
    q7_ranks()
    q8_circuits()
    q9_numbers()
    print("all claims hold")


if __name__ == "__main__":
    main()
