def least_squares_gd(A, b):
    """The limit of gradient descent from w = 0 on |A w - b|^2 / 2.

    Args:
        A: float64 (n, d), not zero.
        b: float64 (n,).

    Returns:
        float64 (d,).
    """
    rate = 1 / np.linalg.norm(A, 2) ** 2  # 1 / lambda_max(A'A): half of what would diverge
    w = np.zeros(A.shape[1])
    at_start = np.linalg.norm(A.T @ b)
    # The slowest factor is 1 - 1/100, so 12 digits of the gradient take 2750 steps at most.
    for _ in range(5000):
        slope = A.T @ (A @ w - b)
        if np.linalg.norm(slope) <= 1e-12 * at_start:
            break
        if np.linalg.norm(A @ w - b) > 1e-6:
            rate = rate * 1.001
        w = w - rate * slope
    return w
