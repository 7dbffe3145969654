def gradient_norms(kind, Ws, bs, X, y):
    """Norm of the gradient of the mean cross-entropy with respect to each weight matrix.

    Args:
        kind: "plain" or "residual".
        Ws: list of an even number of float64 (out, in).
        bs: list of float64 (out,).
        X: float64 (n, in of the first layer).
        y: int64 (n,).

    Returns:
        float64 (len(Ws),).
    """
    Ws = [torch.tensor(W, device=DEVICE, requires_grad=True) for W in Ws]
    bs = [torch.zeros(len(b), dtype=torch.float64) for b in bs]
    X, y = torch.tensor(X, device=DEVICE), torch.tensor(y, device=DEVICE)
    loss = torch.nn.functional.cross_entropy(network(kind, Ws, bs, X), y)
    return np.array([float(g.norm()) for g in torch.autograd.grad(loss, Ws)])


def network(kind, Ws, bs, X):
    """Logits of the plain or residual network; everything is a tensor."""
    linear, relu = torch.nn.functional.linear, torch.relu
    h = relu(linear(X, Ws[0], bs[0]))
    for k in range(1, len(Ws) - 1, 2):
        r = linear(relu(linear(h, Ws[k], bs[k])), Ws[k + 1], bs[k + 1])
        h = relu(r) if kind == "plain" else h + r
    return linear(h, Ws[-1], bs[-1])
