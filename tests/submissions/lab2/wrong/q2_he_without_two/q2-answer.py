def activation_stats(X, depth, width, scheme, nonlinearity, seed):
    """Standard deviation of the activations of each layer of a random network.

    Args:
        X: float64 (n, d).
        depth, width: positive ints.
        scheme: standard deviation of all weights, or "xavier" or "he".
        nonlinearity: "tanh" or "relu".
        seed: non-negative int.

    Returns:
        float64 (depth,).
    """
    rng = np.random.default_rng(seed)
    V, stds = X, []
    for _ in range(depth):
        fan_in = V.shape[1]
        std = {"xavier": fan_in**-0.5, "he": (1 / fan_in) ** 0.5}.get(scheme, scheme)
        V = V @ (std * rng.normal(size=(fan_in, width)))
        V = np.tanh(V) if nonlinearity == "tanh" else np.maximum(V, 0)
        stds.append(V.std())
    return np.array(stds)
