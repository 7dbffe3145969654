from scipy.special import expit, logsumexp

ACTIVATIONS = {
    "relu": (lambda u: u * (u > 0), lambda u: (u > 0) * 1.0),
    "tanh": (np.tanh, lambda u: 1 / np.cosh(np.clip(u, -300, 300)) ** 2),
    "sigmoid": (expit, lambda u: expit(u) * expit(-u)),
}


def mlp_loss_grad(Ws, bs, X, y, act):
    """Return (loss, dWs, dbs) of the mean cross-entropy of an MLP, by hand."""
    phi, phi_prime = ACTIVATIONS[act]
    inputs, pre = [], []
    h = X
    for W, b in zip(Ws, bs):
        inputs.append(h)
        u = np.einsum("ni,oi->no", h, W) + b
        pre.append(u)
        h = phi(u)
    logits = pre[-1]
    log_norm = logsumexp(logits, axis=1)
    rows = np.arange(len(y))
    loss = np.mean(log_norm - logits[rows, y])
    delta = np.exp(logits - log_norm[:, None])
    delta[rows, y] -= 1
    delta = delta / len(y)
    dWs, dbs = [], []
    for k in range(len(Ws) - 1, -1, -1):
        dWs.insert(0, np.einsum("no,ni->oi", delta, inputs[k]))
        dbs.insert(0, np.einsum("no->o", delta))
        if k:
            delta = np.einsum("no,oi->ni", delta, Ws[k]) * phi_prime(pre[k - 1])
    return loss, dWs, dbs
