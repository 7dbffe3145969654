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
    w = w0.clone().requires_grad_()
    for _ in range(steps):
        loss = ((X @ w - y.reshape(-1)) ** 2).mean()
        (gradient,) = torch.autograd.grad(loss, w)
        w = (w - lr * gradient).detach().requires_grad_()
    return w
