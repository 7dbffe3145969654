def mlp_loss_grad(Ws, bs, X, y, act):
    """Return (loss, dWs, dbs) of the mean cross-entropy of an MLP, by hand."""
    n, L = len(y), len(Ws)
    v = [np.array(X, dtype=float).T]
    slope = []
    for W, b in zip(Ws, bs):
        u = W.dot(v[-1]) + b.reshape(-1, 1)
        if act == "relu":
            v.append(np.where(u >= 0, u, 0.0))
            slope.append(np.where(u >= 0, 1.0, 0.0))
        elif act == "tanh":
            v.append(np.tanh(u))
            slope.append((1 - v[-1]) * (1 + v[-1]))
        else:
            s = np.exp(-np.logaddexp(0.0, -u))
            v.append(s)
            slope.append(s * (1 - s))
    u = u - np.amax(u, axis=0)
    p = np.exp(u) / np.sum(np.exp(u), axis=0)
    onehot = np.zeros_like(p)
    onehot[y, np.arange(n)] = 1.0
    loss = np.sum(np.log(np.sum(np.exp(u), axis=0)) - np.sum(u * onehot, axis=0)) / n
    d = (p - onehot) / n
    dWs, dbs = [], []
    for layer in range(L, 0, -1):
        dWs.append(d.dot(v[layer - 1].T))
        dbs.append(d.sum(axis=1))
        if layer > 1:
            d = slope[layer - 2] * Ws[layer - 1].T.dot(d)
    dWs.reverse()
    dbs.reverse()
    return float(loss), dWs, dbs
