def init_weight(fan_in, fan_out, scheme, gen):
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances:
        raise ValueError(f"scheme must be one of {list(variances)}, got {scheme!r}")
    radius = np.sqrt(-2 * np.log1p(-gen.random((fan_out, fan_in))))
    angle = 2 * np.pi * gen.random((fan_out, fan_in))
    return np.sqrt(variances[scheme]) * radius * np.cos(angle)
