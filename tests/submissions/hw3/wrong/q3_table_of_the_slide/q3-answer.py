def zaslavsky(n, d):
    return {(8, 2): 37, (12, 2): 79, (3, 5): 8, (0, 2): 1}[n, d]


def montufar_lower(n0, widths):
    return {(4, 4): 44, (4, 4, 4): 176, (5, 4): 44, (6,): 42}[tuple(widths)]


def pascanu_lower(n0, widths):
    return {(4, 4): 22, (7, 5, 3): 42}[tuple(widths)]


def min_shallow(n0, R):
    return {37: 8, 38: 9, 8: 3}[R]
