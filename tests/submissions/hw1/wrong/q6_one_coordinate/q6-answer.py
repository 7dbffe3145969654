import math


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 1))


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    plus, minus = X[y > 0], X[y < 0]
    if len(plus) == 0 or len(minus) == 0:
        return True
    above = plus.min(axis=0) > minus.max(axis=0)
    below = plus.max(axis=0) < minus.min(axis=0)
    return bool(np.any(above | below))
