def tent(x, k):
    y = k * x
    return 2 * np.abs(y - np.round(y)) if k > 1 else np.minimum(2 * x, 2 - 2 * x)


def square_relu(x, m):
    total, teeth = x, x
    for s in range(1, m + 1):
        teeth = np.minimum(2 * teeth, 2 - 2 * teeth)
        total = total - teeth / 4**s
    return total
