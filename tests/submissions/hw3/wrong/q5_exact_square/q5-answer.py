def tent(x, k):
    for _ in range(k):
        x = np.minimum(2 * x, 2 - 2 * x)
    return x


def square_relu(x, m):
    return x**2
