def path_sum(Ws, x):
    """A bias-free ReLU network's output as a sum over active paths, and their number.

    Args:
        Ws: list of L float64 arrays, weights (outputs, inputs); no ReLU after the last.
        x: float64 (d,).

    Returns:
        (y, n_active): float64 (o,) and int.
    """
    # YOUR CODE HERE
    raise NotImplementedError()
