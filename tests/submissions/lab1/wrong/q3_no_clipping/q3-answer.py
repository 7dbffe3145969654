def start(hidden, seed):
    """The state of a run before its first step.

    Args:
        hidden: list of positive ints, widths of the hidden layers.
        seed: non-negative int.

    Returns:
        dict of plain data with "Ws", "bs" and whatever else the run needs.
    """
    rng = np.random.default_rng(seed)
    sizes = [64, *hidden, 10]
    Ws = [
        (rng.normal(size=(o, i)) * np.sqrt(2 / i)).astype(np.float32)
        for i, o in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    bs = [np.zeros(o, dtype=np.float32) for o in sizes[1:]]
    velocity = [np.zeros_like(p) for p in [*Ws, *bs]]
    return {"Ws": Ws, "bs": bs, "velocity": velocity, "step": 0, "seed": seed}


def advance(state, X, y, steps, lr, momentum=0.0, batch_size=32, clip=None):
    """The state after `steps` more steps of SGD with heavy-ball momentum; `state` stays as it was.

    Args:
        state: from `start` or `advance`.
        X: float32 (n, 64).
        y: int64 (n,).
        steps: int >= 0.
        lr, momentum: floats.
        batch_size: int, at most n.
        clip: largest norm of the gradient, or None.

    Returns:
        dict, as `start`.
    """
    X, y = torch.tensor(X, device=DEVICE), torch.tensor(y, device=DEVICE)
    copies = [torch.tensor(p, device=DEVICE) for p in [*state["Ws"], *state["bs"]]]
    parameters = [p.requires_grad_() for p in copies]
    velocity = [torch.tensor(v, device=DEVICE) for v in state["velocity"]]
    depth, per_epoch, order_epoch = len(state["Ws"]), len(X) // batch_size, None
    for step in range(state["step"], state["step"] + steps):
        epoch, k = divmod(step, per_epoch)
        if epoch != order_epoch:  # the order is a function of seed and epoch: nothing to store
            order_epoch = epoch
            order = np.random.default_rng([state["seed"], epoch]).permutation(len(X))
            order = torch.from_numpy(order).to(DEVICE)
        rows = order[k * batch_size : (k + 1) * batch_size]
        V = X[rows]
        for layer in range(depth):
            V = V @ parameters[layer].T + parameters[depth + layer]
            V = torch.relu(V) if layer < depth - 1 else V
        loss = torch.nn.functional.cross_entropy(V, y[rows])
        gradients = torch.autograd.grad(loss, parameters)
        scale = 1.0
        if False:
            norm = float(torch.sqrt(sum((g**2).sum() for g in gradients)))
            scale = clip / norm if norm > clip else 1.0
        with torch.no_grad():
            for p, v, g in zip(parameters, velocity, gradients, strict=True):
                v.mul_(momentum).add_(g, alpha=scale)
                p.sub_(lr * v)
    done = [p.detach().cpu().numpy() for p in parameters]
    return {
        "Ws": done[:depth],
        "bs": done[depth:],
        "velocity": [v.cpu().numpy() for v in velocity],
        "step": state["step"] + steps,
        "seed": state["seed"],
    }
