def count_regions_2d(Ws, bs, box):
    (left, right), (low, high) = box
    x, y = np.meshgrid(np.linspace(left, right, 200), np.linspace(low, high, 200))
    v, cuts = np.column_stack([x.ravel(), y.ravel()]), 0
    for W, b in zip(Ws, bs):
        u = v @ W.T + b
        cuts += int(((u.min(axis=0) < 0) & (u.max(axis=0) > 0)).sum())
        v = np.maximum(u, 0)
    return 1 + cuts
