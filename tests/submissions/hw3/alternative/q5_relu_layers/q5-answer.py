def relu(u):
    return np.where(u > 0, u, 0.0)


def tent(x, k):
    h = np.asarray(x)
    for layer in range(k):
        h = 2 * relu(h) - 4 * relu(h - 0.5)
    return h


def square_relu(x, m):
    return x - sum((tent(x, s) * 0.25**s for s in range(1, m + 1)), 0.0 * x)
