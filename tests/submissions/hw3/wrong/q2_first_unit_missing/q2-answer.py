def relu_interpolant(f, a, b, N):
    nodes = np.linspace(a, b, N + 1)
    values = np.array([float(f(x)) for x in nodes])
    slopes = np.diff(values) / np.diff(nodes)
    alpha = np.append(0.0, np.diff(slopes))
    return values[0], alpha, nodes[:-1]
