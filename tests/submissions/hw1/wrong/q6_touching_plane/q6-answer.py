import math


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 1))


from scipy.optimize import linprog


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    n, d = X.shape
    Z = y[:, None] * np.column_stack([X, np.ones(n)])
    best = linprog(-Z.sum(axis=0), A_ub=-Z, b_ub=np.zeros(n), bounds=[(-1, 1)] * (d + 1))
    return bool(-best.fun > 1e-9)
