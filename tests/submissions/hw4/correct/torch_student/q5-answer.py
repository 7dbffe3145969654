def dropout(x, p, training, gen):
    t = torch.tensor(np.ascontiguousarray(x))
    if not training:
        return t
    source = torch.Generator().manual_seed(int(gen.integers(2**62)))
    keep = torch.rand(t.shape, generator=source, dtype=torch.float64) < 1 - p
    return torch.where(keep, t / max(1 - p, 1e-12), torch.zeros_like(t))
