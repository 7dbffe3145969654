def activation_stats(X, depth, width, scheme, nonlinearity, seed):
    generator = torch.Generator().manual_seed(seed)
    V, stds = torch.tensor(X), []
    for _ in range(depth):
        W = torch.randn(width, V.shape[1], generator=generator, dtype=torch.float64)
        if scheme == "xavier":
            W = W / V.shape[1] ** 0.5
        elif scheme == "he":
            W = W * (2 / V.shape[1]) ** 0.5
        else:
            W = W * scheme
        V = torch.tanh(V @ W.T) if nonlinearity == "tanh" else torch.relu(V @ W.T)
        stds.append(V.std(correction=0))
    return torch.stack(stds)
