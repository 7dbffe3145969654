def linear_svm(X, signs, lam):
    n = len(X)
    Z = signs[:, None] * np.hstack([X, np.ones((n, 1))])
    w = np.zeros(Z.shape[1])
    total = np.zeros_like(w)
    for t in range(1, 20001):
        active = Z @ w < 1
        w -= (lam * w - active @ Z / n) / (lam * (t + 10))
        if t > 10000:
            total += w / 10000
    return total[:-1]
