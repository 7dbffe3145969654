def relu_interpolant(f, a, b, N):
    nodes = np.linspace(a, b, N + 1)
    step = 1e-6 * (b - a)
    slopes = np.array([(float(f(x + step)) - float(f(x))) / step for x in nodes[:-1]])
    return float(f(a)), np.diff(slopes, prepend=0.0), nodes[:-1]
