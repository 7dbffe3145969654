import torch


def hvp(f, w, v):
    w = w.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(w), w, create_graph=True)
    (product,) = torch.autograd.grad((gradient * v).sum(), w)
    return product


def top_eigenvalue(f, w, iters, gen):
    v = torch.randn(len(w), generator=gen, dtype=torch.float64)
    start = v
    for _ in range(iters):
        v = hvp(f, w, v)
        v = v / v.norm()
    largest = float(v @ hvp(f, w, v))
    if largest > 0:
        return largest
    c = -largest
    v = start
    for _ in range(iters):
        v = hvp(f, w, v) + c * v
        v = v / v.norm()
    return float(v @ hvp(f, w, v))
