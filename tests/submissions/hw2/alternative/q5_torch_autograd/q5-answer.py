def least_squares_gd(A, b):
    A, b = torch.tensor(np.array(A)), torch.tensor(np.array(b))
    n = len(b)
    rate = 1.9 / float(torch.linalg.eigvalsh(A.T @ A / n)[-1])
    w = torch.zeros(A.shape[1], dtype=torch.float64, requires_grad=True)
    for _ in range(1500):
        (slope,) = torch.autograd.grad(((A @ w - b) ** 2).mean() / 2, w)
        w = (w - rate * slope).detach().requires_grad_()
    return w.detach()
