def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    Z = y[:, None] * X
    w = np.zeros(Z.shape[1], dtype=np.float64)
    total = 0
    epochs_left = max_epochs
    while epochs_left > 0:
        epochs_left -= 1
        made = 0
        for z in Z:
            if z.dot(w) <= 0:
                np.add(w, z, out=w)
                made += 1
        total += made
        if made == 0:
            return w, total, True
    return w, total, False
