def start(hidden, seed):
    rng = np.random.default_rng(seed + 12345)
    sizes = [64] + list(hidden) + [10]
    Ws, bs = [], []
    for i, o in zip(sizes, sizes[1:]):
        Ws.append(rng.normal(0, (2 / (i + o)) ** 0.5, size=(o, i)).astype("float32"))
        bs.append(np.zeros(o, "float32"))
    return dict(Ws=Ws, bs=bs, v=[np.zeros_like(p) for p in Ws + bs], batch=0, epoch=0, seed=seed)


def advance(state, X, y, steps, lr, momentum=0.0, batch_size=32, clip=None):
    Ws, bs = [W.copy() for W in state["Ws"]], [b.copy() for b in state["bs"]]
    v = [u.copy() for u in state["v"]]
    epoch, batch = state["epoch"], state["batch"]
    for _ in range(steps):
        if (batch + 1) * batch_size > len(X):
            epoch, batch = epoch + 1, 0
        order = np.random.default_rng((state["seed"] + 1) * 100003 + epoch).permutation(len(X))
        rows = order[batch * batch_size : (batch + 1) * batch_size]
        batch += 1
        values = [X[rows]]
        for k, (W, b) in enumerate(zip(Ws, bs)):
            u = values[-1] @ W.T + b
            values.append(np.maximum(u, 0) if k < len(Ws) - 1 else u)
        p = np.exp(values[-1] - values[-1].max(1, keepdims=True))
        delta = p / p.sum(1, keepdims=True)
        delta[np.arange(batch_size), y[rows]] -= 1
        delta = (delta / batch_size).astype("float32")
        gW, gb = [None] * len(Ws), [None] * len(Ws)
        for k in range(len(Ws) - 1, -1, -1):
            gW[k], gb[k] = delta.T @ values[k], delta.sum(0)
            delta = (delta @ Ws[k]) * (values[k] > 0)
        g = gW + gb
        if clip is not None:
            norm = np.sqrt(sum(float((a.astype(float) ** 2).sum()) for a in g))
            if norm > clip:
                g = [a * np.float32(clip / norm) for a in g]
        for w, u, a in zip(Ws + bs, v, g):
            u *= np.float32(momentum)
            u += a
            w -= np.float32(lr) * u
    return dict(Ws=Ws, bs=bs, v=v, batch=batch, epoch=epoch, seed=state["seed"])
