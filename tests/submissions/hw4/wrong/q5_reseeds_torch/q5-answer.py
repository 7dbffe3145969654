import torch


def dropout(x, p, training, gen):
    if not training:
        return x.copy()
    if p == 1:
        return np.zeros_like(x)
    torch.manual_seed(int(gen.integers(2**31)))
    kept = torch.rand(x.shape, dtype=torch.float64).numpy() >= p
    return np.where(kept, x / (1 - p), 0.0)
