def least_squares_gd(A, b):
    w = np.zeros(A.shape[1])
    columns = (A**2).sum(axis=0)
    for _ in range(3000):
        for j in range(len(w)):
            if columns[j] > 0:
                w[j] -= A[:, j] @ (A @ w - b) / columns[j]
    return w
