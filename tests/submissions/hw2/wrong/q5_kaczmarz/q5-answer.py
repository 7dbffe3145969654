def least_squares_gd(A, b):
    w = np.zeros(A.shape[1])
    rows = (A**2).sum(axis=1)
    for _ in range(3000):
        for i in range(len(A)):
            if rows[i] > 0:
                w = w - A[i] * (A[i] @ w - b[i]) / rows[i]
    return w
