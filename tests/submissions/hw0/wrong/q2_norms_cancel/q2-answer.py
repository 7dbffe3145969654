def squared_distances(X, Z):
    """Squared Euclidean distance of every row of X to every row of Z.

    Args:
        X: array [n, d], float64, float32 or integer.
        Z: array [m, d], same dtype.

    Returns:
        float64 array [n, m]; entry (i, j) is the squared distance of X[i] and Z[j].
    """
    X, Z = X.astype(np.float64), Z.astype(np.float64)
    return (X**2).sum(axis=1)[:, None] + (Z**2).sum(axis=1) - 2 * X @ Z.T
