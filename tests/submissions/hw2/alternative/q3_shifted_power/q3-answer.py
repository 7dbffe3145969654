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
    # Power iteration finds the largest modulus c; H + c I has no negative eigenvalues.
    def power(c):
        v = torch.randn(len(w), generator=gen, dtype=torch.float64)
        for _ in range(iters):
            v = v / v.norm()
            image = hvp(f, w, v) + c * v
            quotient = float(v @ image)
            size = float(image.norm())
            v = image
        return quotient, size

    _, c = power(0.0)
    return power(c)[0] - c
