def batchnorm_fwd(x, gamma, beta, run, momentum, eps, training):
    """Batch normalisation per channel, the new running statistics, and a cache.

    Args:
        x: float64 (N, C) or (N, C, H, W).
        gamma, beta: float64 (C,).
        run: pair (mean, var) of float64 (C,), not changed.
        momentum: float, weight of the new batch.
        eps: float, inside the root.
        training: bool, whether to use the statistics of the batch.

    Returns:
        (y, run, cache): y shaped like x, a new pair, and anything for batchnorm_bwd.
    """
    axes, per_channel = channel_axes(x)
    if training:
        m = x.size // x.shape[1]  # entries per channel: N, or N H W
        if m == 1:
            raise ValueError("x must have more than one value per channel in training, got one")
        mean, var = x.mean(axis=axes), x.var(axis=axes)  # np.var is the biased one
        run = (
            (1 - momentum) * run[0] + momentum * mean,
            (1 - momentum) * run[1] + momentum * var * m / (m - 1),
        )
    else:
        mean, var = run
        run = (mean.copy(), var.copy())
    inv_std = 1 / np.sqrt(var + eps)
    xhat = (x - mean.reshape(per_channel)) * inv_std.reshape(per_channel)
    t = [torch.tensor(a) for a in (x, gamma, beta, mean, var)]
    y = torch.batch_norm(*t, False, 0.1, eps, False).numpy()
    return y, run, (xhat, inv_std, gamma, training)


def batchnorm_bwd(dy, cache):
    """Gradients of batch normalisation.

    Args:
        dy: float64, gradient in y, of y's shape.
        cache: of the forward call.

    Returns:
        (dx, dgamma, dbeta), shaped like x, gamma and beta.
    """
    xhat, inv_std, gamma, training = cache
    axes, per_channel = channel_axes(xhat)
    dbeta = dy.sum(axis=axes)
    dgamma = (dy * xhat).sum(axis=axes)
    g = gamma.reshape(per_channel) * dy  # gradient in xhat
    if training:
        # d xhat_i / d x_j = (1{i = j} - 1/m - xhat_i xhat_j / m) / r: the two subtracted means are
        # the ways through the batch's mean and through its variance.
        through_mean = g.mean(axis=axes, keepdims=True)
        through_var = xhat * (g * xhat).mean(axis=axes, keepdims=True)
        g = g - through_mean - through_var
    return g * inv_std.reshape(per_channel), dgamma, dbeta


def channel_axes(x):
    """The axes over which a channel's entries lie, and the shape of one number per channel."""
    return (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
