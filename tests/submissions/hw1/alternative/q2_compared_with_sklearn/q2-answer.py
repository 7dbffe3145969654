def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    w = np.zeros(X.shape[1])
    mistakes = 0
    for _ in range(max_epochs):
        clean = True
        for x_i, y_i in zip(X, y):
            if y_i * (w @ x_i) <= 0:
                w = w + y_i * x_i
                mistakes += 1
                clean = False
        if clean:
            return w, mistakes, True
    return w, mistakes, False


# Scratch: does the library find a separating plane for the same data?
from sklearn.linear_model import Perceptron

scratch_X = np.array([[2.0, 1.0], [1.0, 3.0], [-1.0, -2.0], [-2.0, 0.5]])
scratch_y = np.array([1, 1, -1, -1])
library = Perceptron(fit_intercept=False, shuffle=False).fit(scratch_X, scratch_y)
mine, _, _ = perceptron(scratch_X, scratch_y, 100)
print(np.sign(scratch_X @ mine), library.predict(scratch_X))
