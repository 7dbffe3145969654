def train_deep(kind, depth, seed, steps=400):
    X, y = (torch.tensor(a) for a in digits_split()[:2])
    generator = torch.Generator().manual_seed(seed)
    sizes = [64] + [48] * (depth - 1) + [10]
    layers = [torch.nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])]
    with torch.no_grad():
        for layer in layers:
            edge = layer.in_features**-0.5
            layer.weight.uniform_(-edge, edge, generator=generator)
            layer.bias.zero_()
    parameters = [p for layer in layers for p in layer.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.03, momentum=0.9)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: 1 - s / max(steps, 1))
    order = []
    for _ in range(steps):
        if len(order) < 64:
            order = torch.randperm(len(X), generator=generator)
        rows, order = order[:64], order[64:]
        h = torch.relu(layers[0](X[rows]))
        for one, two in zip(layers[1:-1:2], layers[2:-1:2]):
            r = two(torch.relu(one(h)))
            h = torch.relu(r) if kind == "plain" else h + r
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(layers[-1](h), y[rows]).backward()
        optimizer.step()
        schedule.step()
    return [m.weight.detach().numpy() for m in layers], [m.bias.detach().numpy() for m in layers]
