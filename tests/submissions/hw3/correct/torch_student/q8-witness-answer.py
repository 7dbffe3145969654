import torch

leaves = torch.eye(3)[:2].repeat(8, 1, 1)
level = [torch.zeros(4, 2, 2), torch.zeros(2, 2, 2), torch.zeros(1, 1, 2)]
high = [m.clone() for m in level]
high[0][:, 1] = 1
high[1][:, 1, 1] = 1
high[2][:, 0, 1] = 1
low = [m.clone() for m in level]
for m in low[:2]:
    m[:, 1, 1] = 1
low[2][:, 0, 1] = 1
circuits = {"high": (leaves, high), "low": [leaves, low]}
