def project(A, b):
    """Orthogonal projection of b onto the column space of A.

    Args:
        A: float64 array [n, d], of any rank.
        b: float64 array [n].

    Returns:
        float64 array [n].
    """
    p = np.zeros(len(b))
    for a in A.T:
        if a @ a > 0:
            p += (a @ b) / (a @ a) * a
    return p
