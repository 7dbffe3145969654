def least_squares_gd(A, b):
    w, m, s = np.zeros((3, A.shape[1]))
    size = np.linalg.norm(b) / np.linalg.norm(A, 2)
    for t in range(1, 6001):
        g = A.T @ (A @ w - b)
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
        step = (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-300)
        w = w - 0.1 * size * 0.997**t * step
    return w
