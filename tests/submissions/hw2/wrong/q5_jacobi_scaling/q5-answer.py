def least_squares_gd(A, b):
    w = np.zeros(A.shape[1])
    columns = (A**2).sum(axis=0)
    for _ in range(20000):
        w = w - A.T @ (A @ w - b) / (columns * len(w))
    return w
