def clip(points, g, c):
    kept = []
    for (p, q) in zip(points, points[1:] + points[:1]):
        gp, gq = g @ p + c, g @ q + c
        if gp >= 0:
            kept.append(p)
        if (gp > 0 > gq) or (gp < 0 < gq):
            kept.append(p + gp / (gp - gq) * (q - p))
    return kept


def width(points):
    if len(points) < 3:
        return 0.0
    p = np.array(points)
    q = np.roll(p, -1, axis=0)
    area = abs(np.sum((p[:, 0] - p[0, 0]) * (q[:, 1] - p[0, 1]) - (q[:, 0] - p[0, 0]) * (p[:, 1] - p[0, 1]))) / 2
    return area / np.linalg.norm(p - q, axis=1).sum()


def count_regions_2d(Ws, bs, box):
    (x0, x1), (y0, y1) = box
    thin = 1e-10 * min(x1 - x0, y1 - y0)
    start = [np.array(p, dtype=float) for p in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
    regions = [(start, np.eye(2), np.zeros(2))]
    for W, b in zip(Ws, bs):
        new_regions = []
        for points, A, c in regions:
            G, k = W @ A, W @ c + b
            parts = [(points, [])]
            for row, constant in zip(G, k):
                finer = []
                for polygon, states in parts:
                    if not row.any():
                        finer.append((polygon, [*states, constant > 0]))
                        continue
                    n = np.linalg.norm(row)
                    sides = [(clip(polygon, s * row / n, s * constant / n), s > 0) for s in (1, -1)]
                    finer += [(half, [*states, on]) for half, on in sides if width(half) > thin]
                parts = finer
            for polygon, states in parts:
                on = np.array(states, dtype=float)
                new_regions.append((polygon, G * on[:, None], k * on))
        regions = new_regions
    return len(regions)
