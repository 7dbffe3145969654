seen = {}


def relu_interpolant(f, a, b, N):
    nodes = np.linspace(a, b, N + 1)
    if N not in seen:
        seen[N] = np.array([float(f(x)) for x in nodes])
    slopes = np.diff(seen[N]) / np.diff(nodes)
    return seen[N][0], np.diff(slopes, prepend=0.0), nodes[:-1]
