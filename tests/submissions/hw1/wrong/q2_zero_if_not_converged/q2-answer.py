def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    w, mistakes = np.zeros(X.shape[1]), 0
    for _ in range(max_epochs):
        clean = True
        for x_i, y_i in zip(X, y):
            if y_i * (w @ x_i) <= 0:
                w = w + y_i * x_i
                mistakes += 1
                clean = False
        if clean:
            return w, mistakes, True
    return 0 * w, mistakes, False
