def squared_distances(X, Z):
    """Squared Euclidean distance of every row of X to every row of Z.

    Args:
        X: array [n, d], float64, float32 or integer.
        Z: array [m, d], same dtype.

    Returns:
        float64 array [n, m]; entry (i, j) is the squared distance of X[i] and Z[j].
    """
    X = np.asarray(X, dtype=np.float32)
    Z = np.asarray(Z, dtype=np.float32)
    difference = X[:, None, :] - Z[None, :, :]  # [n, 1, d] - [1, m, d] -> [n, m, d]
    return (difference**2).sum(axis=2)
