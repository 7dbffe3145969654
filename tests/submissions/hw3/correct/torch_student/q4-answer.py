def count_regions_2d(Ws, bs, box):
    """Polygons are lists of complex numbers."""
    (x0, x1), (y0, y1) = box
    eps = 1e-11 * max(x1 - x0, y1 - y0)
    todo = [([complex(x0, y0), complex(x1, y0), complex(x1, y1), complex(x0, y1)], np.eye(2), np.zeros(2))]
    for W, b in zip(Ws, bs):
        done = []
        for corners, A, c in todo:
            G, k = W @ A, W @ c + b
            pieces = [corners]
            for (gx, gy), kk in zip(G, k):
                r = np.hypot(gx, gy)
                if r > 0:
                    pieces = sum((split(p, gx / r, gy / r, kk / r, eps) for p in pieces), [])
            for p in pieces:
                z = sum(p) / len(p)
                on = (G @ [z.real, z.imag] + k > 0).astype(float)
                done.append((p, on[:, None] * G, on * k))
        todo = done
    return np.int64(len(todo))


def split(p, gx, gy, k, eps):
    d = [gx * z.real + gy * z.imag + k for z in p]
    d = [0.0 if abs(t) <= eps else t for t in d]
    if min(d) >= 0 or max(d) <= 0:
        return [p]
    up, down = [], []
    for i, z in enumerate(p):
        j = (i + 1) % len(p)
        up += [z] * int(d[i] >= 0)
        down += [z] * int(d[i] <= 0)
        if d[i] * d[j] < 0:
            new = z + (p[j] - z) * (d[i] / (d[i] - d[j]))
            up.append(new)
            down.append(new)
    return [up, down]
