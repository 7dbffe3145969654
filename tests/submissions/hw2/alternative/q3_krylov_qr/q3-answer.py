def hvp(f, w, v):
    x = w.clone()
    x.requires_grad = True
    slope = torch.autograd.grad(f(x), x, create_graph=True)[0]
    return torch.autograd.grad(slope, x, grad_outputs=v)[0]


def top_eigenvalue(f, w, iters, gen):
    span = torch.randn(len(w), 1, generator=gen, dtype=torch.float64)
    best = None
    for _ in range(min(iters, len(w), 60)):
        Q = torch.linalg.qr(span)[0]
        HQ = torch.stack([hvp(f, w, q) for q in Q.T[-1:]], dim=1)
        images = HQ if best is None else torch.cat([images, HQ], dim=1)
        small = Q.T @ images
        best = torch.linalg.eigvalsh((small + small.T) / 2)[-1]
        rest = HQ - Q @ (Q.T @ HQ)
        rest = rest - Q @ (Q.T @ rest)
        if rest.norm() <= 1e-9 * images.norm():
            break
        span = torch.cat([Q, rest / rest.norm()], dim=1)
        # Householder QR may flip signs of the columns that were orthonormal already.
        signs = torch.sign((torch.linalg.qr(span)[0] * span).sum(dim=0))
        images = images * signs[:-1]
    return float(best)
