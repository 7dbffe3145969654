def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    w = np.zeros(X.shape[1])
    mistakes = 0
    for _ in range(max_epochs):
        bad = y * (X @ w) <= 0
        if not bad.any():
            return w, mistakes, True
        w = w + (y[bad, None] * X[bad]).mean(axis=0)
        mistakes += int(bad.sum())
    return w, mistakes, False
