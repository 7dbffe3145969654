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
    w = torch.nn.Parameter(w0.clone())
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(X @ w, y.view(-1)).backward()
        optimizer.step()
    return w.data
