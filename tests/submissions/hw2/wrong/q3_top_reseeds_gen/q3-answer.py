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
    """The algebraically largest eigenvalue of the Hessian of f at w.

    Args:
        f: function of one tensor, as for hvp.
        w: float64 (d,), the point.
        iters: int, iterations at most.
        gen: torch.Generator, the only source of randomness.

    Returns:
        A number.
    """
    # Lanczos: H in an orthonormal basis of v, Hv, H^2 v, ... is tridiagonal.
    gen.manual_seed(0)
    start = torch.randn(len(w), generator=gen, dtype=torch.float64)
    basis = (start / start.norm())[None]  # one basis vector per row
    diagonal, beside = [], []
    for _ in range(min(iters, len(w))):
        image = hvp(f, w, basis[-1])
        diagonal.append(float(image @ basis[-1]))
        for _ in range(2):  # once is not enough when little is left
            image = image - basis.T @ (basis @ image)
        rest = float(image.norm())
        if rest <= 1e-12 * max(map(abs, diagonal + beside)):
            break  # the span is mapped into itself: its eigenvalues are exact
        beside.append(rest)
        basis = torch.cat([basis, (image / rest)[None]])
    beside = beside[: len(diagonal) - 1]
    small = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    return np.linalg.eigvalsh(small)[-1]  # sorted with their signs
