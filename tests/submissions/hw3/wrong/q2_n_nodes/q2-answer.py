def relu_interpolant(f, a, b, N):
    h = (b - a) / N
    knots = a + h * np.arange(N)
    values = np.array([float(f(x)) for x in knots])
    slopes = np.append(np.diff(values) / h, 0.0)
    return values[0], np.diff(slopes, prepend=0.0), knots
