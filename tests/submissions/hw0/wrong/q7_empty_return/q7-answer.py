def random_split(n, n_train, generator):
    """Uniformly random split of range(n) into n_train training and n - n_train test indices.

    Args:
        n: number of indices, int >= 1.
        n_train: size of the training part, int in 0..n.
        generator: torch.Generator, the only source of randomness.

    Returns:
        (train, test): int64 [n_train] and int64 [n - n_train].
    """
    return []
