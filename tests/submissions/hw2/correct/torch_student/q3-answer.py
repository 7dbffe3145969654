def hvp(f, w, v):
    return torch.func.jvp(torch.func.grad(f), (w.clone(),), (v.clone(),))[1].detach()


def top_eigenvalue(f, w, iters, gen):
    Q = [torch.randn(w.shape, generator=gen, dtype=torch.float64)]
    Q[0] = Q[0] / Q[0].norm()
    T = np.zeros((0, 0))
    best = -np.inf
    for k in range(min(iters, len(w))):
        r = hvp(f, w, Q[k])
        column = [float(r @ q) for q in Q]
        for _ in range(3):
            for q in Q:
                r = r - (r @ q) * q
        T = np.pad(T, (0, 1))
        T[:, k] = T[k, :] = column
        best = np.linalg.eigvalsh(T)[-1]
        if r.norm() < 1e-11 * np.abs(T).max():
            break
        Q.append(r / r.norm())
    return torch.tensor(best)
