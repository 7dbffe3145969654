import math


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 1))


from scipy.optimize import linprog


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    X = X[:, :2]
    n, d = X.shape
    A = -y[:, None] * np.column_stack([X, np.ones(n)])
    result = linprog(np.zeros(d + 1), A_ub=A, b_ub=-np.ones(n), bounds=[(None, None)] * (d + 1))
    return bool(result.status == 0)
