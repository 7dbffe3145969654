def train_deep(kind, depth, seed, steps=400):
    """Weights and biases of a trained network.

    Args:
        kind: "plain" or "residual".
        depth: number of layers, even, at least 4.
        seed: non-negative int.
        steps: number of steps, >= 0.

    Returns:
        (Ws, bs): lists of float32 arrays, (out, in) and (out,).
    """
    return recipe(kind, depth, seed, steps)


def recipe(kind, depth, seed, steps, gain=1.0):
    """train_deep, with weights `gain` times as large at the start."""
    rng = np.random.default_rng(seed)
    X, y = (torch.tensor(a, device=DEVICE) for a in digits_split()[:2])
    sizes = [64] + [48] * (depth - 1) + [10]
    Ws = [
        rng.uniform(-gain, gain, size=(o, i)) / np.sqrt(i)
        for i, o in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    start = [*Ws, *(np.zeros(o) for o in sizes[1:])]
    parameters = [torch.tensor(a, dtype=torch.float32, device=DEVICE) for a in start]
    optimizer = torch.optim.SGD([p.requires_grad_() for p in parameters], lr=0.03, momentum=0.9)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.03 * (1 - step / steps)
        rows = torch.from_numpy(rng.integers(len(X), size=64)).to(DEVICE)
        logits = forward(kind, parameters[:depth], parameters[depth:], X[rows])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, y[rows]).backward()
        optimizer.step()
    done = [p.detach().cpu().numpy() for p in parameters]
    return done[:depth], done[depth:]


def forward(kind, Ws, bs, X):
    """Logits; everything is a tensor. As in q4, whose cell this one does not need."""
    linear, relu = torch.nn.functional.linear, torch.relu
    h = relu(linear(X, Ws[0], bs[0]))
    for k in range(1, len(Ws) - 1, 2):
        r = linear(relu(linear(h, Ws[k], bs[k])), Ws[k + 1], bs[k + 1])
        h = relu(r) if kind == "plain" else relu(r)
    return linear(h, Ws[-1], bs[-1])
