def least_squares_gd(A, b):
    lr = 1 / np.linalg.norm(A, 2) ** 2
    w, v = np.zeros(A.shape[1]), np.zeros(A.shape[1])
    for _ in range(800):
        ahead = w - 9 / 11 * v
        v = 9 / 11 * v + lr * (A.T @ (A @ ahead - b))
        w = w - v
    return w
