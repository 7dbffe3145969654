import itertools


def path_sum(Ws, x):
    """The sum, path by path, as in the formula."""
    states, v = [], np.asarray(x)
    for W in Ws[:-1]:
        v = np.maximum(W @ v, 0)
        states.append(v > 0)
    y, n_active = np.zeros(len(Ws[-1])), 0
    for start, *rest in itertools.product(*[range(n) for n in [len(x), *map(len, Ws)]]):
        if not all(on[j] for on, j in zip(states, rest)):
            continue
        term, here = x[start], start
        for W, there in zip(Ws, rest):
            term = term * W[there, here]
            here = there
        y[here] += term
        n_active += 1
    return y, n_active
