import math


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 1))


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    np.random.seed(1)
    Z = y[:, None] * np.column_stack([X, np.ones(len(X))])
    planes = np.random.randn(Z.shape[1], 5000)
    return bool(np.any(np.all(Z @ planes > 0, axis=0)))
