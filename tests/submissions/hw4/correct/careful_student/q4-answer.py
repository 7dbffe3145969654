def rows(x):
    """(C, m): the entries of every channel."""
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)


def unrows(r, shape):
    return np.moveaxis(r.reshape(shape[1], shape[0], *shape[2:]), 0, 1)


def batchnorm_fwd(x, gamma, beta, run, momentum, eps, training):
    r = rows(x)
    m = r.shape[1]
    mean, var = run
    new = (1.0 * mean, 1.0 * var)
    if training:
        if m < 2:
            raise ValueError("one value per channel")
        mean = np.array([sum(row) / m for row in r])
        var = np.array([sum((row - mu) ** 2) / m for row, mu in zip(r, mean, strict=True)])
        new = (
            new[0] + momentum * (mean - new[0]),
            new[1] + momentum * (r.var(axis=1, ddof=1) - new[1]),
        )
    root = (var + eps) ** 0.5
    hats = (r - mean[:, None]) / root[:, None]
    y = gamma[:, None] * hats + beta[:, None]
    return unrows(y, x.shape), list(new), {"hats": hats, "root": root, "gamma": gamma, "t": training}


def batchnorm_bwd(dy, cache):
    hats, m = cache["hats"], cache["hats"].shape[1]
    d = rows(dy)
    out = np.empty_like(d)
    for c in range(len(d)):
        jacobian = np.eye(m)
        if cache["t"]:
            jacobian -= (1 + np.outer(hats[c], hats[c])) / m
        out[c] = cache["gamma"][c] * jacobian @ d[c] / cache["root"][c]
    return unrows(out, dy.shape), (d * hats).sum(axis=1), d.sum(axis=1)
