def perceptron(X, y, max_epochs):
    """Return (w, mistakes, converged) of the perceptron started at w = 0."""
    import torch

    points = torch.as_tensor(np.array(X, dtype=np.float64))
    labels = torch.as_tensor(np.array(y)).to(torch.float64)
    w = torch.zeros(points.shape[1], dtype=torch.float64)
    mistakes = 0
    for _ in range(max_epochs):
        made = 0
        for i in range(len(points)):
            if float(labels[i] * torch.dot(points[i], w)) <= 0.0:
                w = w + labels[i] * points[i]
                made += 1
        mistakes += made
        if made == 0:
            return w, mistakes, True
    return w, mistakes, False
