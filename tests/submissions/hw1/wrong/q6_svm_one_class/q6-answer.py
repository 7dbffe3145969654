import math


def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 1))


from sklearn.svm import SVC


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    X = X - X.mean(axis=0)
    X = X / max(np.abs(X).max(), 1e-300)
    svm = SVC(kernel="linear", C=1e6, max_iter=100_000).fit(X, y)
    return bool(np.all(y * svm.decision_function(X) > 0.5))
