def count_regions_2d(Ws, bs, box):
    rng = np.random.default_rng(0)
    low, high = np.array(box).T
    v = rng.uniform(low, high, size=(3_000, 2))
    patterns = []
    for W, b in zip(Ws, bs):
        u = v @ W.T + b
        patterns.append(u > 0)
        v = np.maximum(u, 0)
    return len(np.unique(np.packbits(np.concatenate(patterns, axis=1), axis=1), axis=0))
