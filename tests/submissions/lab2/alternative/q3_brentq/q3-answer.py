def propagate(qa, qb, c, sw2, sb2, depth):
    """Variances and correlation of two inputs, layer by layer, in infinitely wide tanh layers.

    Args:
        qa, qb: variances of the first pre-activations, positive floats.
        c: their correlation, in [-1, 1].
        sw2: weight variance times fan-in, positive.
        sb2: bias variance, >= 0.
        depth: int >= 0.

    Returns:
        float64 (depth + 1, 3): qa, qb, c.
    """
    rows = [(qa, qb, c)]
    for _ in range(depth):
        new_a = sw2 * mean_product(qa, qa, 1.0) + sb2
        new_b = sw2 * mean_product(qb, qb, 1.0) + sb2
        c = (sw2 * mean_product(qa, qb, c) + sb2) / np.sqrt(new_a * new_b)
        qa, qb, c = new_a, new_b, min(1.0, max(-1.0, c))  # rounding may lead out of [-1, 1]
        rows.append((qa, qb, c))
    return np.array(rows, dtype=float)


def depth_scale(sw2, sb2):
    """The number of layers in which the distance to the fixed correlation shrinks by e.

    Args:
        sw2: weight variance times fan-in, positive.
        sb2: bias variance, positive.

    Returns:
        positive float.
    """
    from scipy.optimize import brentq

    q = brentq(lambda q: sw2 * mean_product(q, q, 1.0) + sb2 - q, 1e-9, 20)

    def mapped(c):
        return (sw2 * mean_product(q, q, c) + sb2) / q

    slope_at_one = sw2 * mean_product(q, q, 1.0, lambda u: np.cosh(u) ** -2.0)
    if slope_at_one < 1:
        return -1 / np.log(slope_at_one)
    c = brentq(lambda c: mapped(c) - c, 0, 1 - 1e-6)
    return -1 / np.log((mapped(c + 1e-4) - mapped(c - 1e-4)) / 2e-4)


Z, WEIGHT = np.polynomial.hermite_e.hermegauss(100)
WEIGHT = WEIGHT / WEIGHT.sum()


def mean_product(qa, qb, c, function=np.tanh):
    """E f(ua) f(ub) for variances qa, qb and correlation c."""
    ua = np.sqrt(qa) * Z[:, None]
    ub = np.sqrt(qb) * (c * Z[:, None] + np.sqrt(1 - c**2) * Z)
    return WEIGHT @ (function(ua) * function(ub)) @ WEIGHT
