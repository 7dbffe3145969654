def mlp_loss_grad(Ws, bs, X, y, act):
    """Return (loss, dWs, dbs) of the mean cross-entropy of an MLP, by hand."""
    n = len(X)
    total = 0.0
    dWs = [np.zeros_like(W) for W in Ws]
    dbs = [np.zeros_like(b) for b in bs]
    for x, label in zip(X, y):
        hs, slopes = [x], []
        for W, b in zip(Ws[:-1], bs[:-1]):
            u = W @ hs[-1] + b
            if act == "relu":
                h, s = np.maximum(u, 0), (u > 0).astype(float)
            elif act == "tanh":
                h = np.tanh(u)
                s = 1 - h * h
            else:
                h = 1 / (1 + np.exp(-np.clip(u, -700, 700)))
                s = h * (1 - h)
            hs.append(h)
            slopes.append(s)
        z = Ws[-1] @ hs[-1] + bs[-1]
        z = z - z.max()
        p = np.exp(z) / np.exp(z).sum()
        total += np.log(np.exp(z).sum()) - z[label]
        delta = p
        delta[label] -= 1
        for k in range(len(Ws) - 1, -1, -1):
            dWs[k] += np.outer(delta, hs[k]) / n
            dbs[k] += delta / n
            if k:
                delta = slopes[k - 1] * (delta @ Ws[k])
    return total / n, dWs, dbs
