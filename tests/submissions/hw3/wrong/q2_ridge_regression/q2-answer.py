def relu_interpolant(f, a, b, N):
    x = np.linspace(a, b, 10 * N + 1)
    y = np.array([float(f(t)) for t in x])
    knots = np.linspace(a, b, N + 1)[:-1]
    Z = np.column_stack([np.ones(len(x)), np.maximum(x[:, None] - knots, 0)])
    weights = np.linalg.solve(Z.T @ Z + 1e-2 * np.eye(N + 1), Z.T @ y)
    return weights[0], weights[1:], knots
