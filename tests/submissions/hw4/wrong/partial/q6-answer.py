def param_count(depth, shortcut):
    """The number of trainable parameters of resnet_cifar(depth, shortcut).

    Args:
        depth: int, 6 n + 2.
        shortcut: "A" or "B".

    Returns:
        An exact int.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


def resnet_cifar(depth, shortcut):
    """The residual network of He et al. for small images, with the names of the statement.

    Args:
        depth: int, 6 n + 2.
        shortcut: "A" (zeros for new channels) or "B" (projection).

    Returns:
        torch.nn.Module from (N, 3, H, W) to (N, 10).
    """
    # YOUR CODE HERE
    raise NotImplementedError()
