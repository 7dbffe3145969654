import torch


def init_weight(fan_in, fan_out, scheme, gen):
    variances = {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}
    if scheme not in variances:
        raise ValueError(f"scheme must be one of {list(variances)}, got {scheme!r}")
    torch.manual_seed(int(gen.integers(2**31)))
    return variances[scheme] ** 0.5 * torch.randn(fan_out, fan_in, dtype=torch.float64).numpy()
