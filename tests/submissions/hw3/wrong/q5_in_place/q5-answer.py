def tent(x, k):
    for _ in range(k):
        x[...] = np.minimum(2 * x, 2 - 2 * x)
    return x


def square_relu(x, m):
    total, teeth = x.copy(), x.copy()
    for s in range(1, m + 1):
        teeth = np.minimum(2 * teeth, 2 - 2 * teeth)
        total = total - teeth / 4**s
    return total
