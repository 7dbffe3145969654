def init_weight(fan_in, fan_out, scheme, gen):
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances:
        raise ValueError(f"scheme must be one of {list(variances)}, got {scheme!r}")
    z = gen.standard_normal((fan_out, fan_in))
    while (far := np.abs(z) > 2).any():
        z[far] = gen.standard_normal(far.sum())
    return z * np.sqrt(variances[scheme]) / 0.8796256610342398
