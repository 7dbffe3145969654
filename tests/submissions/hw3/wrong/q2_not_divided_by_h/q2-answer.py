def relu_interpolant(f, a, b, N):
    """A sum of N ReLUs that is near f on [a, b].

    Args:
        f: function of one number, defined on [a, b].
        a: float, left end.
        b: float, right end, > a.
        N: positive int, number of units.

    Returns:
        (c, alpha, knots): a float and two float64 (N,) arrays; the network is
        c + sum_k alpha[k] * relu(x - knots[k]).
    """
    nodes = np.linspace(a, b, N + 1)
    values = np.array([float(f(x)) for x in nodes])
    slopes = np.diff(values)
    # Left of the first knot the network is flat: its slope there is 0. A unit adds its coefficient
    # to all slopes on its right, so the coefficients are the *changes* of slope.
    alpha = np.diff(slopes, prepend=0.0)
    return values[0], alpha, nodes[:-1]
