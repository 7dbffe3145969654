import math

from scipy.special import comb


def zaslavsky(n, d):
    return sum(comb(n, j, exact=True) for j in range(d + 1))


def montufar_lower(n0, widths):
    return math.prod(math.floor(w / n0) ** n0 for w in widths[:-1]) * zaslavsky(widths[-1], n0)


def pascanu_lower(n0, widths):
    return math.prod(math.floor(w / n0) for w in widths[:-1]) * zaslavsky(widths[-1], n0)


def min_shallow(n0, R):
    n, step = 0, 2**20
    while step:  # n grows as long as n - 1 units are too few
        if zaslavsky(n + step - 1, n0) < R:
            n += step
        step //= 2
    return n
