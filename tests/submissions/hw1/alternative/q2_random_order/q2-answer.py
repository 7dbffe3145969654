def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    order_rng = np.random.default_rng(0)
    n, d = X.shape
    w, mistakes = np.zeros(d), 0
    for epoch in range(max_epochs):
        before = mistakes
        for i in order_rng.permutation(n):
            if y[i] * np.dot(X[i], w) <= 0:
                w += y[i] * X[i]
                mistakes += 1
        if mistakes == before:
            return w, mistakes, True
    return w, mistakes, False
