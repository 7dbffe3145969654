import torch

X_train, y_train, X_test, y_test = digits_split()
torch_dice = torch.Generator().manual_seed(11)
inputs, targets = torch.tensor(X_train), torch.tensor(y_train)
widths = [64, 40, 24, 10]
layers = []
for i, o in zip(widths, widths[1:]):
    W = torch.randn(o, i, generator=torch_dice, dtype=torch.float64) * (2 / i) ** 0.5
    layers += [W.requires_grad_(), torch.zeros(o, dtype=torch.float64, requires_grad=True)]
velocity = [torch.zeros_like(p) for p in layers]
curve = []
for epoch in range(25):
    for rows in torch.randperm(len(inputs), generator=torch_dice).split(64):
        h = inputs[rows]
        for k in range(0, len(layers), 2):
            h = h @ layers[k].T + layers[k + 1]
            h = h.relu() if k + 2 < len(layers) else h
        loss = torch.nn.functional.cross_entropy(h, targets[rows])
        gradients = torch.autograd.grad(loss, layers)
        with torch.no_grad():
            for p, g, v in zip(layers, gradients, velocity):
                v.mul_(0.9).add_(g)
                p.sub_(0.05 * v)
    curve.append(loss.item())
digits_model = ([p.detach() for p in layers[::2]], [p.detach() for p in layers[1::2]])

fig, ax = plt.subplots()
ax.plot(curve)
ax.set(xlabel="epoch", ylabel="loss of the last batch")
