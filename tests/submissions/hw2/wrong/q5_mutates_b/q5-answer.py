def least_squares_gd(A, b):
    rate = 1 / np.linalg.norm(A, 2) ** 2
    w = np.zeros(A.shape[1])
    for _ in range(3000):
        step = rate * (A.T @ b)  # b holds the residual from now on
        w = w + step
        b -= A @ step
    return w
