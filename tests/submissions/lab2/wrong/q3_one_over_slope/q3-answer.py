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
    q, _, c = propagate(1.0, 1.0, 0.5, sw2, sb2, 20)[-1]
    while True:  # at most some 30 depth scales: the distance falls by e in each
        before, (q, _, c) = c, propagate(q, q, c, sw2, sb2, 20)[-1]
        if abs(c - before) < 1e-10:
            break
    slope = mean_product(q, q, c, lambda u: 1 - np.tanh(u) ** 2)
    return float(1 / (1 - sw2 * slope))


Z, WEIGHT = np.polynomial.hermite_e.hermegauss(100)
WEIGHT = WEIGHT / WEIGHT.sum()


def mean_product(qa, qb, c, function=np.tanh):
    """E f(ua) f(ub) for variances qa, qb and correlation c."""
    ua = np.sqrt(qa) * Z[:, None]
    ub = np.sqrt(qb) * (c * Z[:, None] + np.sqrt(1 - c**2) * Z)
    return WEIGHT @ (function(ua) * function(ub)) @ WEIGHT
