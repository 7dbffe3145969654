def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    n = len(y)
    gram = X @ X.T
    alpha = np.zeros(n, dtype=int)
    converged = False
    for _ in range(max_epochs):
        made = False
        for i in range(n):
            if y[i] * np.sum(alpha * y * gram[i]) <= 0:
                alpha[i] += 1
                made = True
        if not made:
            converged = True
            break
    w = (alpha * y) @ X
    return w.astype(np.float64), int(alpha.sum()), converged
