def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    total, binomial = 0, 1
    for k in range(min(d, n - 1) + 1):
        total += binomial
        binomial = binomial * (n - 1 - k) // (k + 1)
    return 2 * total


from scipy.optimize import nnls


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    X = np.array(X, dtype=float)
    X -= X.mean(axis=0)
    X /= max(np.abs(X).max(), 1e-300)
    # Non-separable iff lambda >= 0, sum lambda = 1, sum lambda_i y_i (x_i, 1) = 0 (Gordan).
    Z = np.column_stack([X, np.ones(len(X))]) * y[:, None]
    A = np.vstack([Z.T, np.ones(len(X))])
    _, distance = nnls(A, np.r_[np.zeros(Z.shape[1]), 1.0], maxiter=100 * len(X))
    return bool(distance > 1e-7)
