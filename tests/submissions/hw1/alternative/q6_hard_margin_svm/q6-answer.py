from fractions import Fraction


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    if d >= n - 1:
        return 2**n
    total, term = Fraction(0), Fraction(1)
    for k in range(d + 1):
        total += term
        term = term * (n - 1 - k) / (k + 1)
    return int(2 * total)


from scipy.optimize import minimize


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    X = X - X.mean(axis=0)
    X = X / max(np.abs(X).max(), 1e-300)
    Z = y[:, None] * np.column_stack([X, np.ones(len(X))])
    keep = np.r_[np.ones(X.shape[1]), 0.0]
    svm = minimize(
        lambda v: 0.5 * np.sum(keep * v * v),
        np.zeros(Z.shape[1]),
        jac=lambda v: keep * v,
        constraints={"type": "ineq", "fun": lambda v: Z @ v - 1.0, "jac": lambda v: Z},
        method="SLSQP",
    )
    return bool(svm.success and np.all(Z @ svm.x > 0.5))
