def hvp(f, w, v):
    return torch.zeros(0)


def top_eigenvalue(f, w, iters, gen):
    return torch.zeros(0)
