def flat(x):
    return x.reshape(x.shape[0], x.shape[1], -1)


def batchnorm_fwd(x, gamma, beta, run, momentum, eps, training):
    f = flat(x)
    m = f.shape[0] * f.shape[2]
    mean, var = run
    new_mean, new_var = mean + 0, var + 0
    if training:
        if m == 1:
            raise ValueError("m must be at least 2, got 1")
        mean = np.einsum("ncp->c", f) / m
        centred = f - mean[:, None]
        var = np.einsum("ncp,ncp->c", centred, centred) / m
        new_mean = (1 - momentum) * new_mean + momentum * mean
        new_var = (1 - momentum) * new_var + momentum * var * (m / (m - 1))
    scale = 1 / np.sqrt(var + eps)
    xhat = (f - mean[:, None]) * scale[:, None]
    y = (gamma[:, None] * xhat + beta[:, None]).reshape(x.shape)
    return y, (new_mean, new_var), (xhat, scale * gamma, m if training else None)


def batchnorm_bwd(dy, cache):
    xhat, factor, m = cache
    d = flat(dy)
    dbeta = np.einsum("ncp->c", d)
    dgamma = np.einsum("ncp,ncp->c", d, xhat)
    dx = d
    if m is not None:
        dx = (m * d - dbeta[:, None] - xhat * dgamma[:, None]) / m
    return (factor[:, None] * dx).reshape(dy.shape), dgamma, dbeta
