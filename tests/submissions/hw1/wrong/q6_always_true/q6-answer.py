def cover_count(n, d):
    """Return the number of dichotomies of n points in general position in R^d by affine planes."""
    return True


def is_separable(X, y):
    """Return True if an affine hyperplane separates the two classes strictly."""
    return True
