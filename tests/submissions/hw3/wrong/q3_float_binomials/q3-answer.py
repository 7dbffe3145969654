def zaslavsky(n, d):
    """The largest number of regions into which n hyperplanes cut R^d, an exact int."""
    from scipy.special import comb

    return int(sum(comb(n, j) for j in range(d + 1)))


def montufar_lower(n0, widths):
    """A number of regions that some ReLU network with these hidden widths has, an exact int."""
    folds = 1
    for width in widths[:-1]:  # the last layer cuts, it does not fold
        folds *= (width // n0) ** n0  # width // n0 folds in each of the n0 coordinates
    return folds * zaslavsky(widths[-1], n0)


def pascanu_lower(n0, widths):
    """The weaker bound of Pascanu, Montufar and Bengio, an exact int."""
    folds = 1
    for width in widths[:-1]:
        folds *= width // n0
    return folds * zaslavsky(widths[-1], n0)


def min_shallow(n0, R):
    """The least number of units with which one hidden layer can have R regions, an int."""
    n = 0
    while zaslavsky(n, n0) < R:
        n += 1
    return n
