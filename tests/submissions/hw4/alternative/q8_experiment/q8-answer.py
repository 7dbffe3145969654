def experiment(width, depth=10, batch=100, seed=0):
    rng = np.random.default_rng(seed)
    Ws = [rng.normal(size=(width, width)) for _ in range(depth)]
    V, slopes = [rng.normal(size=(batch, width))], []
    for W in Ws:
        V.append(np.tanh(V[-1] @ W.T))
        slopes.append(1 - V[-1] ** 2)
    delta = rng.normal(size=(batch, width)) * slopes[-1]
    squares, norms = [], []
    for layer in range(depth - 1, -1, -1):
        norms.append(np.linalg.norm(delta.T @ V[layer]))
        squares.append((delta**2).mean())
        if layer:
            delta = (delta @ Ws[layer]) * slopes[layer - 1]
    saturated = (np.abs(np.stack(V[2:])) > 0.99).mean()
    return saturated, (squares[-1] / squares[0]) ** (1 / (depth - 1)), np.log10(norms[-1] / norms[0])


runs = np.array([experiment(500, seed=s) for s in range(4)]).mean(axis=0)
wide = np.mean([experiment(1600, depth=4, seed=s)[1] for s in range(2)])
std_one = {
    "saturated": float(runs[0]),
    "chi": float(runs[1]),
    "log10_ratio": float(runs[2]),
    "exponent": round(float(np.log(wide / runs[1]) / np.log(1600 / 500)), 1),
    "verdict": "explode",
}
