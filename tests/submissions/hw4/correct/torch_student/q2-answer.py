def init_weight(fan_in, fan_out, scheme, gen):
    v = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in v:
        raise ValueError(f"scheme must be one of {list(v)}, got {scheme!r}")
    source = torch.Generator().manual_seed(int(gen.integers(2**62)))
    return torch.randn(fan_out, fan_in, generator=source, dtype=torch.float64) * v[scheme] ** 0.5
