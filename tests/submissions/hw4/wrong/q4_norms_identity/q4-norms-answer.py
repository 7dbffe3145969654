def layer_norm(x, gamma, beta, eps):
    return x.copy()


def group_norm(x, groups, gamma, beta, eps):
    return x.copy()


def instance_norm(x, gamma, beta, eps):
    return x.copy()
