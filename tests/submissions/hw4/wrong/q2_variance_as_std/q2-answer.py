def init_weight(fan_in, fan_out, scheme, gen):
    """Independent random weights of mean 0 and the variance of a scheme.

    Args:
        fan_in: int, size of the layer's input.
        fan_out: int, size of the layer's output.
        scheme: "lecun", "xavier" or "he".
        gen: np.random.Generator.

    Returns:
        float64 (fan_out, fan_in).
    """
    variances = {
        "lecun": 1 / fan_in,  # keeps signals in a linear network
        "xavier": 2 / (fan_in + fan_out),  # between forward 1/fan_in and backward 1/fan_out
        "he": 2 / fan_in,  # ReLU keeps half of the mean square: pay it back
    }
    if scheme not in variances:
        raise ValueError(f"scheme must be one of {list(variances)}, got {scheme!r}")
    return gen.normal(scale=variances[scheme], size=(fan_out, fan_in))
