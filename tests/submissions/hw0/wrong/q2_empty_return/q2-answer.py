def squared_distances(X, Z):
    """Squared Euclidean distance of every row of X to every row of Z.

    Args:
        X: array [n, d], float64, float32 or integer.
        Z: array [m, d], same dtype.

    Returns:
        float64 array [n, m]; entry (i, j) is the squared distance of X[i] and Z[j].
    """
    return []
