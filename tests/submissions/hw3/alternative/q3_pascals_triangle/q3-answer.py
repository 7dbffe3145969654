from functools import reduce


def zaslavsky(n, d):
    row = [1] * (d + 1)
    for _ in range(n):
        row = [1] + [a + b for a, b in zip(row[1:], row)]
    return row[d]


def montufar_lower(n0, widths):
    *folding, cutting = widths
    return reduce(lambda product, w: product * pow(w // n0, n0), folding, zaslavsky(cutting, n0))


def pascanu_lower(n0, widths):
    *folding, cutting = widths
    return reduce(lambda product, w: product * (w // n0), folding, zaslavsky(cutting, n0))


def min_shallow(n0, R):
    low, high = -1, R
    while high - low > 1:
        middle = (low + high) // 2
        if regions(middle, n0) >= R:
            high = middle
        else:
            low = middle
    return high


def regions(n, d):
    total, binomial = 1, 1
    for j in range(1, d + 1):
        binomial = binomial * (n - j + 1) // j
        total += binomial
    return total
