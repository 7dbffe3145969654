def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    # Homogeneous recursion C(n + 1, D) = C(n, D) + C(n, D - 1) with D = d + 1.
    row = [0] + [2] * (d + 1)
    for _ in range(n - 1):
        row = [0] + [row[D] + row[D - 1] for D in range(1, d + 2)]
    return row[d + 1]


from scipy.optimize import linprog


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    X = np.asarray(X, dtype=float)
    X = X - X.mean(axis=0)
    X = X / max(np.abs(X).max(), 1e-300)
    n, d = X.shape
    cost = np.r_[np.zeros(d + 1), -1.0]
    A = np.c_[-y[:, None] * np.c_[X, np.ones(n)], np.ones(n)]
    box = [(-1, 1)] * d + [(-2 * d, 2 * d)] + [(None, 1)]
    best = linprog(cost, A_ub=A, b_ub=np.zeros(n), bounds=box, method="highs-ds")
    return bool(-best.fun > 1e-9)
