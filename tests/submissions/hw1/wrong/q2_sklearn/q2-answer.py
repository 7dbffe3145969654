from sklearn.linear_model import Perceptron as Neuron


def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    neuron = Neuron(fit_intercept=False, max_iter=max_epochs, tol=None, shuffle=False).fit(X, y)
    w = neuron.coef_[0]
    errors = int(np.sum(y * (X @ w) <= 0))
    return w, int(neuron.n_iter_), errors == 0
