def init_weight(fan_in, fan_out, scheme, gen):
    """Uniform weights."""
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances:
        raise ValueError(f"scheme must be one of {list(variances)}, got {scheme!r}")
    limit = np.sqrt(3 * variances[scheme])
    return gen.uniform(-limit, limit, size=(fan_out, fan_in))
