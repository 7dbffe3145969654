def zaslavsky(n, d):
    pass


def montufar_lower(n0, widths):
    pass


def pascanu_lower(n0, widths):
    pass


def min_shallow(n0, R):
    pass
