def newton(w, grad, hess, damping):
    H = torch.tensor(np.array(hess)).T.clone()
    H.diagonal().add_(damping)
    g = torch.tensor(np.array(grad))
    return torch.tensor(np.array(w)) - torch.linalg.solve(H, g)
