def linear_svm(X, signs, lam):
    Z = signs[:, None] * X
    n, d = Z.shape
    w, mean, weight = np.zeros(d), np.zeros(d), 0.0
    best, best_value = w, 1.0
    for t in range(1, 30001):
        margins = Z @ w
        w = w - (lam * w - Z.T @ (margins < 1) / n) / (lam * t)
        weight += t
        mean += t / weight * (w - mean)
        if t % 100 == 0:
            value = lam / 2 * mean @ mean + np.maximum(0, 1 - Z @ mean).mean()
            if value < best_value:
                best, best_value = mean.copy(), value
    return best
