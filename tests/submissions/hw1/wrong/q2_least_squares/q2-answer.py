def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    w, *_ = np.linalg.lstsq(X, y.astype(float), rcond=None)
    mistakes = int(np.sum(y * (X @ w) <= 0))
    return w, mistakes, mistakes == 0
