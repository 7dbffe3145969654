def rows_normalised(r, eps):
    centred = r - r.mean(dim=1, keepdim=True)
    return centred * torch.rsqrt((centred * centred).mean(dim=1, keepdim=True) + eps)


def layer_norm(x, gamma, beta, eps):
    t = torch.tensor(np.ascontiguousarray(x))
    hat = rows_normalised(t.reshape(len(t), -1), eps).reshape(t.shape)
    return hat * torch.tensor(gamma) + torch.tensor(beta)


def group_norm(x, groups, gamma, beta, eps):
    t = torch.tensor(np.ascontiguousarray(x))
    hat = rows_normalised(t.reshape(t.shape[0] * groups, -1), eps).reshape(t.shape)
    return hat * torch.tensor(gamma)[:, None, None] + torch.tensor(beta)[:, None, None]


def instance_norm(x, gamma, beta, eps):
    return group_norm(x, len(gamma), gamma, beta, eps).numpy()
