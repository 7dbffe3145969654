def project(A, b):
    """Orthogonal projection of b onto the column space of A.

    Args:
        A: float64 array [n, d], of any rank.
        b: float64 array [n].

    Returns:
        float64 array [n].
    """
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    cutoff = 1e-10
    basis = U[:, s > cutoff]  # orthonormal basis of the column space
    return basis @ (basis.T @ b)
