def layer_norm(x, gamma, beta, eps):
    """Every example standardised over all its features; gamma, beta of shape x.shape[1:]."""
    # YOUR CODE HERE
    raise NotImplementedError()


def group_norm(x, groups, gamma, beta, eps):
    """Every group of neighbouring channels of every example standardised; gamma, beta (C,)."""
    # YOUR CODE HERE
    raise NotImplementedError()


def instance_norm(x, gamma, beta, eps):
    """Every channel of every example standardised over its positions; gamma, beta (C,)."""
    # YOUR CODE HERE
    raise NotImplementedError()
