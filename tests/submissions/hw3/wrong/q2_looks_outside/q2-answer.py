def relu_interpolant(f, a, b, N):
    h = (b - a) / N
    nodes = a + h * np.arange(N + 2)
    values = np.array([float(f(x)) for x in nodes])
    slopes = np.diff(values) / h
    return values[0], np.diff(slopes, prepend=0.0)[:N], nodes[:N] + 0 * values[-1]
