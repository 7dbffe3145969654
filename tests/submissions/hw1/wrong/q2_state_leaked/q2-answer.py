def perceptron(X, y, max_epochs, state={}):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    w = state.setdefault(X.shape[1], np.zeros(X.shape[1]))
    mistakes = state.get("mistakes", 0)
    for _ in range(max_epochs):
        clean = True
        for x_i, y_i in zip(X, y):
            if y_i * (w @ x_i) <= 0:
                w += y_i * x_i
                mistakes += 1
                clean = False
        state["mistakes"] = mistakes
        if clean:
            return w.copy(), mistakes, True
    return w.copy(), mistakes, False
