def linear_svm(X, signs, lam):
    n = len(X)
    Z = signs[:, None] * X
    a, w = np.zeros(n), np.zeros(X.shape[1])
    for _ in range(300):
        for i in range(n):
            new = min(1.0, max(0.0, a[i] + lam * (1 - Z[i] @ w) / (Z[i] @ Z[i])))
            w += (new - a[i]) / lam * Z[i]
            a[i] = new
    return w
