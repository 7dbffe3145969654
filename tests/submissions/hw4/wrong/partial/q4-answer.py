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
    # YOUR CODE HERE
    raise NotImplementedError()


def batchnorm_bwd(dy, cache):
    """Gradients of batch normalisation.

    Args:
        dy: float64, gradient in y, of y's shape.
        cache: of the forward call.

    Returns:
        (dx, dgamma, dbeta), shaped like x, gamma and beta.
    """
    # YOUR CODE HERE
    raise NotImplementedError()
