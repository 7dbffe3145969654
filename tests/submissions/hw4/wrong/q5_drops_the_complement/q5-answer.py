def dropout(x, p, training, gen):
    """x with entries dropped with probability p and the others divided by 1 - p.

    Args:
        x: float64 array of any shape.
        p: float in [0, 1], probability of dropping.
        training: bool; otherwise x comes back as it is.
        gen: np.random.Generator, a random number of its own for every entry.

    Returns:
        float64 array of x's shape.
    """
    if not training:
        return x.copy()
    if p == 1:  # nothing is kept, and 1 / (1 - p) does not exist
        return np.zeros_like(x)
    kept = gen.random(x.shape) < p
    return np.where(kept, x / (1 - p), 0.0)
