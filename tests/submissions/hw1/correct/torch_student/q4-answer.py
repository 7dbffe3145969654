import torch


def mlp_loss_grad(Ws, bs, X, y, act):
    """Return (loss, dWs, dbs) of the mean cross-entropy of an MLP, by hand."""
    tensor = lambda a: torch.tensor(np.array(a, dtype=np.float64))
    Ws, bs = [tensor(W) for W in Ws], [tensor(b) for b in bs]
    labels = torch.tensor(np.array(y, dtype=np.int64))
    n = len(labels)
    hs = [tensor(X)]
    for W, b in zip(Ws[:-1], bs[:-1]):
        u = hs[-1] @ W.t() + b
        hs.append({"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[act](u))
    log_p = torch.log_softmax(hs[-1] @ Ws[-1].t() + bs[-1], dim=1)
    loss = -log_p[torch.arange(n), labels].mean()
    delta = log_p.exp()
    delta[torch.arange(n), labels] -= 1
    delta = delta / n
    dWs, dbs = [], []
    for k in range(len(Ws))[::-1]:
        dWs = [delta.t() @ hs[k]] + dWs
        dbs = [delta.sum(0)] + dbs
        if k > 0:
            v = hs[k]
            slope = {"relu": (v > 0).double(), "tanh": 1 - v * v, "sigmoid": v * (1 - v)}[act]
            delta = delta @ Ws[k] * slope
    return loss.item(), dWs, dbs
