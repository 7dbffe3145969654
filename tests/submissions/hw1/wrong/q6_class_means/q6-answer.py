import math


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 1))


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    if len(np.unique(y)) == 1:
        return True
    plus, minus = X[y > 0].mean(axis=0), X[y < 0].mean(axis=0)
    w, middle = plus - minus, (plus + minus) / 2
    return bool(np.all(y * ((X - middle) @ w) > 0))
