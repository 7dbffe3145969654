def network(Ws):
    layers = []
    for k, W in enumerate(Ws):
        layers += [torch.nn.Linear(W.shape[1], W.shape[0]), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def linear_layers(model):
    return [m for m in model if isinstance(m, torch.nn.Linear)]


def start(hidden, seed):
    generator = torch.Generator().manual_seed(seed)
    sizes = [64, *hidden, 10]
    Ws = [
        torch.nn.init.kaiming_normal_(torch.empty(o, i), generator=generator)
        for i, o in zip(sizes, sizes[1:])
    ]
    bs = [torch.zeros(o) for o in sizes[1:]]
    return {"Ws": Ws, "bs": bs, "buffers": None, "order": [], "generator": generator.get_state()}


def advance(state, X, y, steps, lr, momentum=0.0, batch_size=32, clip=None):
    X, y = torch.tensor(X), torch.tensor(y)
    model = network(state["Ws"])
    with torch.no_grad():
        for layer, W, b in zip(linear_layers(model), state["Ws"], state["bs"]):
            layer.weight.copy_(torch.as_tensor(W))
            layer.bias.copy_(torch.as_tensor(b))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    parameters = list(model.parameters())
    if state["buffers"] is not None and momentum:
        for p, buffer in zip(parameters, state["buffers"]):
            optimizer.state[p]["momentum_buffer"] = torch.tensor(buffer)
    generator = torch.Generator()
    generator.set_state(torch.tensor(state["generator"]))
    order = list(state["order"])
    for _ in range(steps):
        if len(order) < batch_size:
            order = torch.randperm(len(X), generator=generator).tolist()
        rows, order = order[:batch_size], order[batch_size:]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(X[rows]), y[rows]).backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
    buffers = [optimizer.state[p].get("momentum_buffer") for p in parameters]
    if any(b is None for b in buffers):
        buffers = state["buffers"]
    return {
        "Ws": [layer.weight.detach() for layer in linear_layers(model)],
        "bs": [layer.bias.detach() for layer in linear_layers(model)],
        "buffers": buffers,
        "order": order,
        "generator": generator.get_state(),
    }
