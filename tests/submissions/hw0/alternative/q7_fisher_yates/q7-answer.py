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
    for i in range(n - 1, 0, -1):
        j = int(torch.randint(i + 1, (1,), generator=generator))
        order[i], order[j] = order[j], order[i]
    return (
        torch.tensor(order[:n_train], dtype=torch.int64),
        torch.tensor(order[n_train:], dtype=torch.int64),
    )
