def path_sum(Ws, x):
    x = np.asarray(x, dtype=float)
    active, v = [np.ones(len(x), dtype=bool)], x
    for W in Ws[:-1]:
        v = np.clip(W.dot(v), 0, None)
        active.append(v > 0)

    def back(layer, unit):
        if layer == 0:
            return x[unit], 1
        total, count = 0.0, 0
        for j in np.flatnonzero(active[layer - 1]):
            value, paths = back(layer - 1, j)
            total += Ws[layer - 1][unit, j] * value
            count += paths
        return total, count

    results = [back(len(Ws), o) for o in range(len(Ws[-1]))]
    return [value for value, _ in results], sum(count for _, count in results)
