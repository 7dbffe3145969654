states = {}


def path_sum(Ws, x):
    key = tuple(len(W) for W in Ws)
    if key not in states:
        v, found = x, []
        for W in Ws[:-1]:
            v = np.maximum(W @ v, 0)
            found.append(v > 0)
        states[key] = found
    partial, n_active = x, len(x)
    for W, on in zip(Ws, states[key]):
        partial = on * (W @ partial)
        n_active *= int(on.sum())
    y = Ws[-1] @ partial
    return y, n_active * len(y)
