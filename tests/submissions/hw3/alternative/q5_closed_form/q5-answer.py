def tent(x, k):
    return 1 - np.abs((2.0**k * np.asarray(x)) % 2 - 1)


def square_relu(x, m):
    nodes = np.linspace(0, 1, 2**m + 1)
    return np.interp(x, nodes, nodes**2)
