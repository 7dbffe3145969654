def layer_norm(x, gamma, beta, eps):
    return True


def group_norm(x, groups, gamma, beta, eps):
    return True


def instance_norm(x, gamma, beta, eps):
    return True
