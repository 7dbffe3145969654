def path_sum(Ws, x):
    """A bias-free ReLU network's output as a sum over active paths, and their number.

    Args:
        Ws: list of L float64 arrays, weights (outputs, inputs); no ReLU after the last.
        x: float64 (d,).

    Returns:
        (y, n_active): float64 (o,) and int.
    """
    n_active = len(x)  # paths that have chosen their input coordinate
    partial = x  # partial[i]: the sum over the active paths that end at unit i of this layer
    for W in Ws[:-1]:
        sums = W @ partial  # each path is continued to each unit of the next layer ...
        on = W.sum(axis=1) > 0
        partial = np.where(on, sums, 0.0)  # ... and ends there if the unit is off
        n_active *= int(on.sum())
    y = Ws[-1] @ partial  # the outputs have no ReLU
    return y, n_active * len(y)
