def project(A, b):
    """Orthogonal projection of b onto the column space of A.

    Args:
        A: float64 array [n, d], of any rank.
        b: float64 array [n].

    Returns:
        float64 array [n].
    """
    largest = np.abs(A).max()
    basis = []
    for column in (A / largest if largest > 0 else A).T:
        rest = column.copy()
        for _ in range(2):
            for q in basis:
                rest = rest - (q @ rest) * q
        if np.linalg.norm(rest) > 1e-8:
            basis.append(rest / np.linalg.norm(rest))
    return sum(((q @ b) * q for q in basis), np.zeros(len(b)))
