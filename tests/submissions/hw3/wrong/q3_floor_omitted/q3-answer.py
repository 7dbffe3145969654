from math import comb


def zaslavsky(n, d):
    return sum(comb(n, j) for j in range(d + 1))


def montufar_lower(n0, widths):
    folds = 1.0
    for width in widths[:-1]:
        folds *= (width / n0) ** n0
    return round(folds * zaslavsky(widths[-1], n0))


def pascanu_lower(n0, widths):
    folds = 1.0
    for width in widths[:-1]:
        folds *= width / n0
    return round(folds * zaslavsky(widths[-1], n0))


def min_shallow(n0, R):
    n = 0
    while zaslavsky(n, n0) < R:
        n += 1
    return n
