def layer_norm(x, gamma, beta, eps):
    return np.array([])


def group_norm(x, groups, gamma, beta, eps):
    return np.array([])


def instance_norm(x, gamma, beta, eps):
    return np.array([])
