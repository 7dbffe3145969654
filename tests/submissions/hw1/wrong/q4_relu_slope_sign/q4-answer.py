def mlp_loss_grad(Ws, bs, X, y, act):
    """Return (loss, dWs, dbs) of the mean cross-entropy of an MLP, by hand."""
    n = X.shape[0]
    us, hs = [], [X]
    for k, (W, b) in enumerate(zip(Ws, bs)):
        us.append(hs[-1] @ W.T + b)
        if k < len(Ws) - 1:
            hs.append(_phi(us[-1], act))
    shifted = us[-1] - us[-1].max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = float(-log_p[np.arange(n), y].mean())
    delta = np.exp(log_p)
    delta[np.arange(n), y] -= 1.0
    delta /= n
    dWs, dbs = [None] * len(Ws), [None] * len(Ws)
    for k in reversed(range(len(Ws))):
        dWs[k] = delta.T @ hs[k]
        dbs[k] = delta.sum(axis=0)
        if k > 0:
            delta = (delta @ Ws[k]) * _phi_prime(us[k - 1], act)
    return loss, dWs, dbs


def _phi(u, act):
    if act == "relu":
        return np.maximum(u, 0.0)
    if act == "tanh":
        return np.tanh(u)
    return 0.5 * (1.0 + np.tanh(0.5 * u))


def _phi_prime(u, act):
    if act == "relu":
        return np.sign(u)
    v = _phi(u, act)
    return 1.0 - v**2 if act == "tanh" else v * (1.0 - v)
