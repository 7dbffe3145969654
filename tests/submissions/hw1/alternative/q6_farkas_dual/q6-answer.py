from functools import lru_cache


@lru_cache(maxsize=None)
def _homogeneous(n, D):
    if D == 0:
        return 0
    if n == 1:
        return 2
    return _homogeneous(n - 1, D) + _homogeneous(n - 1, D - 1)


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return _homogeneous(n, min(d, n) + 1)


from scipy.optimize import linprog


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    plus, minus = X[y > 0], X[y < 0]
    if len(plus) == 0 or len(minus) == 0:
        return True
    centre = X.mean(axis=0)
    scale = np.abs(X - centre).max() or 1.0
    plus, minus = (plus - centre) / scale, (minus - centre) / scale
    # sum a_i p_i = sum b_j m_j with convex weights a, b.
    A = np.vstack([
        np.hstack([plus.T, -minus.T]),
        np.hstack([np.ones(len(plus)), np.zeros(len(minus))]),
        np.hstack([np.zeros(len(plus)), np.ones(len(minus))]),
    ])
    rhs = np.r_[np.zeros(X.shape[1]), 1.0, 1.0]
    common = linprog(np.zeros(A.shape[1]), A_eq=A, b_eq=rhs, bounds=(0, None))
    return common.status == 2
