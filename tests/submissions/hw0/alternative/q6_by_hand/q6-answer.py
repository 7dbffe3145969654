def descend(X, y, w0, lr, steps):
    """Weights after gradient descent on the mean squared error.

    Args:
        X: float64 tensor [n, d].
        y: float64 tensor [n] or [n, 1].
        w0: float64 tensor [d], the start.
        lr: learning rate, positive float.
        steps: number of steps, int >= 0.

    Returns:
        float64 [d] without a graph.
    """
    X, y, w = X.numpy(), y.numpy().ravel(), w0.numpy().copy()
    for _ in range(steps):
        w = w - lr * 2 / len(X) * X.T @ (X @ w - y)
    return w
