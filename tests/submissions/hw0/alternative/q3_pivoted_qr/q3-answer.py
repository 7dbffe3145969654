def project(A, b):
    """Orthogonal projection of b onto the column space of A.

    Args:
        A: float64 array [n, d], of any rank.
        b: float64 array [n].

    Returns:
        float64 array [n].
    """
    from scipy.linalg import qr

    Q, R, _ = qr(A, mode="economic", pivoting=True)
    size = np.abs(np.diag(R))
    Q = Q[:, size > 1e-10 * max(size[0], np.finfo(float).tiny)]
    return Q @ (Q.T @ b)
