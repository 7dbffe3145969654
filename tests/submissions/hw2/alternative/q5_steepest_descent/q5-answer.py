def least_squares_gd(A, b):
    w = np.zeros(A.shape[1])
    first = np.linalg.norm(A.T @ b)
    for _ in range(20000):
        slope = A.T @ (A @ w - b)
        if np.linalg.norm(slope) <= 1e-11 * first:
            break
        image = A @ slope
        w = w - (slope @ slope) / (image @ image) * slope
    return w
