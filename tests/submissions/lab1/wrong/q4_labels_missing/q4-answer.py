def linear_svm(X, signs, lam):
    """Weights of the linear support vector machine without bias.

    Args:
        X: float64 (n, d).
        signs: float64 (n,), -1 or +1.
        lam: weight of the penalty, positive.

    Returns:
        float64 (d,).
    """
    n = len(X)
    Z = X
    lengths = (Z**2).sum(axis=1)
    a, w = np.zeros(n), np.zeros(X.shape[1])
    for _ in range(300):  # dual coordinate ascent: each step solves for one a_i exactly
        for i in np.flatnonzero(lengths):
            best = a[i] + lam * n * (1 - Z[i] @ w) / lengths[i]
            new = min(1.0, max(0.0, best))
            if new != a[i]:
                w += (new - a[i]) / (lam * n) * Z[i]
                a[i] = new
        margins = Z @ w
        primal = lam / 2 * (w @ w) + np.maximum(0, 1 - margins).mean()
        if primal - (a.mean() - lam / 2 * (w @ w)) <= 1e-3 * primal:  # duality gap: a certificate
            break
    return w
