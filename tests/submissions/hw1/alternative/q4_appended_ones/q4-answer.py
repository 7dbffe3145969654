def mlp_loss_grad(Ws, bs, X, y, act):
    """Return (loss, dWs, dbs) of the mean cross-entropy of an MLP, by hand."""
    n = X.shape[0]
    ones = np.ones((n, 1))
    Vs = [np.column_stack([W, b]) for W, b in zip(Ws, bs)]
    hs = [np.concatenate([X, ones], axis=1)]
    slopes = []
    for V in Vs[:-1]:
        u = hs[-1] @ V.T
        if act == "relu":
            h, slope = u.clip(min=0), np.heaviside(u, 0.0)
        else:
            t = np.tanh(u) if act == "tanh" else np.tanh(u / 2)
            h = t if act == "tanh" else (1 + t) / 2
            slope = 1 - t**2 if act == "tanh" else (1 - t**2) / 4
        hs.append(np.concatenate([h, ones], axis=1))
        slopes.append(slope)
    z = hs[-1] @ Vs[-1].T
    top = z.max(axis=1)
    log_z = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    loss = (log_z - np.take_along_axis(z, y[:, None], axis=1)[:, 0]).mean()
    delta = (np.exp(z - log_z[:, None]) - (np.arange(z.shape[1]) == y[:, None])) / n
    grads = []
    for k in range(len(Vs))[::-1]:
        grads.append(delta.T @ hs[k])
        if k:
            delta = (delta @ Ws[k]) * slopes[k - 1]
    grads = grads[::-1]
    return loss, [G[:, :-1] for G in grads], [G[:, -1] for G in grads]
