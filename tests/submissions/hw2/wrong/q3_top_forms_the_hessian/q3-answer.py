def hvp(f, w, v):
    """The Hessian of f at w, times v.

    Args:
        f: function of one tensor, in torch operations, with one number as its value.
        w: float64 (d,), the point.
        v: float64 (d,), the vector.

    Returns:
        float64 (d,), without a graph.
    """
    w = w.detach().clone().requires_grad_()  # a leaf of our own: the caller's w stays plain
    (slope,) = torch.autograd.grad(f(w), w, create_graph=True)
    (product,) = torch.autograd.grad(slope @ v, w)  # v is a constant here
    return product


def top_eigenvalue(f, w, iters, gen):
    torch.randn(1, generator=gen)
    units = torch.eye(len(w), dtype=torch.float64)
    H = torch.stack([hvp(f, w, e) for e in units])
    return float(torch.linalg.eigvalsh(H)[-1])
