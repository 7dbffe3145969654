def start(hidden, seed):
    """The state of a run before its first step.

    Args:
        hidden: list of positive ints, widths of the hidden layers.
        seed: non-negative int.

    Returns:
        dict of plain data with "Ws", "bs" and whatever else the run needs.
    """
    rng = np.random.default_rng(seed)
    sizes = [64, *hidden, 10]
    Ws = [
        (rng.normal(size=(o, i)) * np.sqrt(2 / i)).astype(np.float32)
        for i, o in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    bs = [np.zeros(o, dtype=np.float32) for o in sizes[1:]]
    velocity = [np.zeros_like(p) for p in [*Ws, *bs]]
    return {"Ws": Ws, "bs": bs, "velocity": velocity, "step": 0, "seed": seed}


def advance(state, X, y, steps, lr, momentum=0.0, batch_size=32, clip=None):
    return state
