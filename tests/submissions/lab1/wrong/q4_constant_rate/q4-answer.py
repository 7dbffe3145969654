def linear_svm(X, signs, lam):
    w = np.zeros(X.shape[1])
    for _ in range(300):
        hit = signs * (X @ w) < 1
        w = w - 0.5 * (lam * w - (signs * hit) @ X / len(X))
    return w
