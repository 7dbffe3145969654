def least_squares_gd(A, b):
    w = np.zeros(A.shape[1])
    size = np.linalg.norm(b) / np.linalg.norm(A, 2)
    for t in range(4000):
        w = w - 0.1 * size * 0.995**t * np.sign(A.T @ (A @ w - b))
    return w
