def tent(x, k):
    return (1 - np.cos(2**k * np.pi * x)) / 2


def square_relu(x, m):
    total, teeth = x, x
    for s in range(1, m + 1):
        teeth = np.minimum(2 * teeth, 2 - 2 * teeth)
        total = total - teeth / 4**s
    return total
