def layer_norm(x, gamma, beta, eps):
    """Every example standardised over all its features; gamma, beta of shape x.shape[1:]."""
    return gamma * standardised(x, tuple(range(1, x.ndim)), eps) + beta


def group_norm(x, groups, gamma, beta, eps):
    """Every group of neighbouring channels of every example standardised; gamma, beta (C,)."""
    N, C, H, W = x.shape
    grouped = x.reshape(N, groups, C // groups, H, W)
    xhat = standardised(grouped, (0, 2, 3, 4), eps).reshape(x.shape)
    return gamma.reshape(1, C, 1, 1) * xhat + beta.reshape(1, C, 1, 1)


def instance_norm(x, gamma, beta, eps):
    """Every channel of every example standardised over its positions; gamma, beta (C,)."""
    return group_norm(x, x.shape[1], gamma, beta, eps)  # a group for each channel


def standardised(x, axes, eps):
    """x with mean 0 and variance 1 (but for eps) over the axes."""
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(var + eps)
