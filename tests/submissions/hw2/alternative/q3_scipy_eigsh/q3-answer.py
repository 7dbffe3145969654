from scipy.sparse.linalg import LinearOperator, eigsh


def hvp(f, w, v):
    x = torch.tensor(np.array(w), requires_grad=True)
    u = torch.zeros(len(w), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(x), x, create_graph=True)
    # Twice backwards: <slope, u> is differentiated in x, and that in u along v.
    (product,) = torch.autograd.grad((slope * v).sum() + 0 * u.sum(), x)
    return product.numpy()


def top_eigenvalue(f, w, iters, gen):
    d = len(w)
    start = torch.randn(d, generator=gen, dtype=torch.float64).numpy()
    H = LinearOperator((d, d), matvec=lambda v: hvp(f, w, torch.tensor(np.ravel(v))), dtype=float)
    return eigsh(H, k=1, which="LA", v0=start, tol=1e-6, maxiter=iters)[0][0]
