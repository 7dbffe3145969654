def project(A, b):
    """Orthogonal projection of b onto the column space of A.

    Args:
        A: float64 array [n, d], of any rank.
        b: float64 array [n].

    Returns:
        float64 array [n].
    """
    return b - A @ np.linalg.lstsq(A, b, rcond=None)[0]
