T_GRID = torch.linspace(-8.5, 8.5, 1701, dtype=torch.float64)
T_WEIGHT = torch.exp(-(T_GRID**2) / 2)
T_WEIGHT = T_WEIGHT / T_WEIGHT.sum()


def q_star(sw2, sb2, act):
    if act == "relu":
        return torch.tensor(1.0 if sw2 == 2.0 else sb2 / (1 - sw2 / 2), dtype=torch.float64)
    q = torch.tensor(1.0, dtype=torch.float64)
    while True:
        new = sw2 * (T_WEIGHT * torch.tanh(q.sqrt() * T_GRID) ** 2).sum() + sb2
        if abs(new - q) < 1e-13:
            return new
        q = new


def chi1(sw2, sb2, act):
    if act == "relu":
        return torch.tensor(sw2 / 2, dtype=torch.float64)
    v = torch.tanh(q_star(sw2, sb2, act).sqrt() * T_GRID)
    return sw2 * (T_WEIGHT * (1 - v**2) ** 2).sum()


def corr_map(c, sw2, sb2, act):
    q = q_star(sw2, sb2, act)
    c = torch.tensor(np.array(c))
    if act == "relu":
        mean = q / (2 * np.pi) * ((1 - c**2).sqrt() + c * (np.pi - torch.arccos(c)))
    else:
        z, w = T_GRID[::10], T_WEIGHT[::10] / T_WEIGHT[::10].sum()
        u2 = q.sqrt() * (c[..., None, None] * z[:, None] + (1 - c**2).sqrt()[..., None, None] * z)
        mean = (torch.tanh(q.sqrt() * z)[:, None] * torch.tanh(u2)) @ w @ w
    return (sw2 * mean + sb2) / q


def critical_sigma_w2(sb2, act):
    if act == "relu":
        return 2.0
    low, high = 0.0, 20.0  # in q: sw2 = 1 / E act'^2 on the line
    for _ in range(60):
        q = torch.tensor((low + high) / 2, dtype=torch.float64)
        v = torch.tanh(q.sqrt() * T_GRID)
        slope = (T_WEIGHT * (1 - v**2) ** 2).sum()
        if q - (T_WEIGHT * v**2).sum() / slope < sb2:
            low = float(q)
        else:
            high = float(q)
    return 1 / slope
