def activation_stats(X, depth, width, scheme, nonlinearity, seed):
    z, w = np.polynomial.hermite_e.hermegauss(200)
    w = w / w.sum()
    size, fan_in, stds = (X**2).mean(axis=1), X.shape[1], []
    for _ in range(depth):
        std = {"xavier": fan_in**-0.5, "he": (2 / fan_in) ** 0.5}.get(scheme, scheme)
        q, fan_in = fan_in * std**2 * size, width
        if nonlinearity == "tanh":
            size, mean = np.tanh(np.sqrt(q)[:, None] * z) ** 2 @ w, 0.0
        else:
            size, mean = q / 2, np.sqrt(q / (2 * np.pi)).mean()
        stds.append(np.sqrt(size.mean() - mean**2))
    return np.array(stds)
