def q_star(sw2, sb2, act):
    """The variance q* that pre-activations approach with depth, from q = 1.

    Args:
        sw2: float, sigma_w^2, weight variance times fan-in.
        sb2: float, sigma_b^2, bias variance.
        act: "tanh" or "relu".

    Returns:
        float >= 0.
    """
    q = 1.0
    for _ in range(1_000_000):
        new = sw2 * mean_square(q, act) + sb2
        # The map contracts by a factor r per step, so the error is |new - q| r / (1 - r): with
        # r = 0.98 fifty times the last step. 1e-13 leaves plenty of room for that.
        if abs(new - q) <= 1e-13:
            break
        q = new
    return float(new)


def chi1(sw2, sb2, act):
    """The slope of the correlation map at c = 1, the growth factor of squared gradients.

    Args and conventions as for q_star.

    Returns:
        float >= 0.
    """
    return float(sw2 * mean_slope(q_star(sw2, sb2, act), act))


def corr_map(c, sw2, sb2, act):
    """The next layer's correlation of two inputs whose pre-activations have variance q*.

    Args:
        c: float64 array of any shape, in [-1, 1].
        sw2, sb2, act: as for q_star.

    Returns:
        float64 array of c's shape.
    """
    q = q_star(sw2, sb2, act)
    c = np.asarray(c, dtype=float)
    return (sw2 * mean_product(q, c, act) + sb2) / q


def critical_sigma_w2(sb2, act):
    """The sigma_w^2 on the edge of chaos, where chi1 = 1.

    Args:
        sb2: float, sigma_b^2; 0 for "relu".
        act: "tanh" or "relu".

    Returns:
        float.
    """
    from scipy.optimize import brentq

    if act == "relu":
        return 2.0  # chi1 = sigma_w^2 / 2, and at (2, 0) every variance is a fixed point

    # On the line sigma_w^2 = 1 / E[act'^2]; then q = V(q) says which sigma_b^2 belongs to q.
    def excess(q):
        return q - mean_square(q, act) / mean_slope(q, act) - sb2

    return 1 / mean_slope(brentq(excess, 0, 20), act)  # excess(0) = -sb2, excess(20) > 1


# Gaussian expectations: nodes and weights of the standard normal distribution.
Z, WEIGHT = np.polynomial.hermite_e.hermegauss(200)
WEIGHT = WEIGHT / np.sqrt(2 * np.pi)  # so that the weights sum to one


def mean_square(q, act):
    """E act(u)^2 for u of variance q."""
    return q / 2 if act == "relu" else WEIGHT @ np.abs(np.tanh(np.sqrt(q) * Z))


def mean_slope(q, act):
    """E act'(u)^2."""
    return 0.5 if act == "relu" else WEIGHT @ (1 - np.tanh(np.sqrt(q) * Z) ** 2) ** 2


def mean_product(q, c, act):
    """E act(u1) act(u2) for variances q and correlations c."""
    s = np.sqrt(1 - c**2)
    if act == "relu":  # Cho and Saul's arc-cosine kernel of degree 1: Gauss's nodes dislike kinks
        return q / (2 * np.pi) * (s + c * (np.pi - np.arccos(c)))
    u1 = np.sqrt(q) * Z[:, None]
    u2 = np.sqrt(q) * (c[..., None, None] * Z[:, None] + s[..., None, None] * Z)
    # [..., i, j]: z1 = Z[i], z2 = Z[j]
    return (np.tanh(u1) * np.tanh(u2)) @ WEIGHT @ WEIGHT
