def zaslavsky(n, d):
    from math import comb

    return sum(comb(n, j) for j in range(d + 1))
