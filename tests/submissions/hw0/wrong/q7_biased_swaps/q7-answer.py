def random_split(n, n_train, generator):
    """Uniformly random split of range(n) into n_train training and n - n_train test indices.

    Args:
        n: number of indices, int >= 1.
        n_train: size of the training part, int in 0..n.
        generator: torch.Generator, the only source of randomness.

    Returns:
        (train, test): int64 [n_train] and int64 [n - n_train].
    """
    order = list(range(n))
    for i in range(1, n):
        j = int(torch.randint(1, n, (1,), generator=generator))
        order[i], order[j] = order[j], order[i]
    order = torch.tensor(order)
    return order[:n_train], order[n_train:]
