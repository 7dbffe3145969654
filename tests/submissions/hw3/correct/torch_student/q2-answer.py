import torch


def relu_interpolant(f, a, b, N):
    nodes = torch.linspace(a, b, N + 1, dtype=torch.float64)
    values = torch.tensor([float(f(x)) for x in nodes.tolist()], dtype=torch.float64)
    slopes = values.diff() * N / (b - a)
    return values[0], torch.cat([slopes[:1], slopes.diff()]), nodes[:N]
