def gradient_norms(kind, Ws, bs, X, y):
    relu = lambda u: np.maximum(u, 0)
    depth = len(Ws)
    first = X @ Ws[0].T + bs[0]
    h, blocks = relu(first), []
    for k in range(1, depth - 1, 2):
        u = h @ Ws[k].T + bs[k]
        r = relu(u) @ Ws[k + 1].T + bs[k + 1]
        blocks.append((k, h, u, r))
        h = relu(r) if kind == "plain" else h + r
    logits = h @ Ws[-1].T + bs[-1]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    d = (p - np.eye(p.shape[1])[y]) / len(y)
    norms = np.zeros(depth)
    norms[-1] = np.linalg.norm(d.T @ h)
    d = d @ Ws[-1]
    for k, h, u, r in reversed(blocks):
        below = d if kind == "residual" else 0.0
        d = d if kind == "residual" else d * (r > 0)
        norms[k + 1] = np.linalg.norm(d.T @ relu(u))
        d = (d @ Ws[k + 1]) * (u > 0)
        norms[k] = np.linalg.norm(d.T @ h)
        d = d @ Ws[k] + below
    norms[0] = np.linalg.norm((d * (first > 0)).T @ X)
    return norms
