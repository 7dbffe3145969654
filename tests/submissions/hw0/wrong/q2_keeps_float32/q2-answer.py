def squared_distances(X, Z):
    """Squared Euclidean distance of every row of X to every row of Z.

    Args:
        X: array [n, d], float64, float32 or integer.
        Z: array [m, d], same dtype.

    Returns:
        float64 array [n, m]; entry (i, j) is the squared distance of X[i] and Z[j].
    """
    X, Z = (a if a.dtype.kind == "f" else a.astype(np.float64) for a in (X, Z))
    return ((X[:, None, :] - Z[None, :, :]) ** 2).sum(axis=2)
