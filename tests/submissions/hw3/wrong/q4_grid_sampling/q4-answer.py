def count_regions_2d(Ws, bs, box):
    (left, right), (low, high) = box
    x, y = np.meshgrid(np.linspace(left, right, 60), np.linspace(low, high, 60))
    v = np.column_stack([x.ravel(), y.ravel()])
    patterns = []
    for W, b in zip(Ws, bs):
        u = v @ np.asarray(W).T + b
        patterns.append(u > 0)
        v = np.maximum(u, 0)
    bits = np.concatenate(patterns, axis=1)
    return len(np.unique(np.packbits(bits, axis=1), axis=0))
