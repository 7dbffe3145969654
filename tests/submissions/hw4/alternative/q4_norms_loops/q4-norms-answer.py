def hat(values, eps):
    mean = values.mean()
    return (values - mean) / (((values - mean) ** 2).mean() + eps) ** 0.5


def layer_norm(x, gamma, beta, eps):
    return np.stack([gamma * hat(example, eps) + beta for example in x])


def group_norm(x, groups, gamma, beta, eps):
    y = np.zeros(x.shape)
    size = x.shape[1] // groups
    for i in range(x.shape[0]):
        for k in range(groups):
            block = slice(k * size, (k + 1) * size)
            y[i, block] = hat(x[i, block], eps)
    return y * gamma[:, None, None] + beta[:, None, None]


def instance_norm(x, gamma, beta, eps):
    y = np.zeros(x.shape)
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[i, c] = gamma[c] * hat(x[i, c], eps) + beta[c]
    return y
