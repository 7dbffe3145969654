import torch


def path_sum(Ws, x):
    Ws = [torch.tensor(np.array(W)) for W in Ws]
    v = torch.tensor(np.array(x))
    product, ones = torch.eye(len(v), dtype=v.dtype), torch.eye(len(v), dtype=torch.int64)
    for W in Ws[:-1]:
        v = torch.relu(W @ v)
        D = torch.diag((v > 0).to(W.dtype))
        product, ones = D @ W @ product, D.to(torch.int64) @ torch.ones_like(W, dtype=torch.int64) @ ones
    product, ones = Ws[-1] @ product, torch.ones_like(Ws[-1], dtype=torch.int64) @ ones
    return product @ torch.tensor(np.array(x)), int(ones.sum())
