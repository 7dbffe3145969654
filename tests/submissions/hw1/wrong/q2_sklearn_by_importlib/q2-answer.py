import importlib


def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    models = importlib.import_module("sklearn.linear_model")
    neuron = models.Perceptron(fit_intercept=False, shuffle=False, tol=None)
    w, mistakes = np.zeros(X.shape[1]), 0
    for _ in range(max_epochs):
        before = mistakes
        for x_i, y_i in zip(X, y):
            if y_i * (w @ x_i) <= 0:
                neuron.partial_fit(x_i[None], [y_i], classes=[-1, 1])
                w = neuron.coef_[0].copy()
                mistakes += 1
        if mistakes == before:
            return w, mistakes, True
    return w, mistakes, False
