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
    y = y.reshape(-1)  # [n, 1] - [n] would silently make [n, n]
    w = w0.clone()
    for _ in range(steps):
        w.requires_grad_(True)
        loss = ((X @ w - y) ** 2).mean() / 2
        (gradient,) = torch.autograd.grad(loss, w)  # nothing accumulates
        w = w.detach() - lr * gradient  # a new leaf: the graph ends here
    return w
