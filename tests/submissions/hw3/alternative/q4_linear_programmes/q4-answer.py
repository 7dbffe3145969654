from scipy.optimize import linprog


def count_regions_2d(Ws, bs, box):
    # In the coordinates z = (x - low) / size the box is [0, r] x [0, s] with max(r, s) = 1.
    low, high = np.array(box, dtype=float).T
    size = (high - low).max()
    layers = [(Ws[0] * size, bs[0] + Ws[0] @ low), *zip(Ws[1:], bs[1:])]
    r, s = (high - low) / size
    walls = [([1.0, 0.0], 0.0), ([0.0, 1.0], 0.0), ([-1.0, 0.0], r), ([0.0, -1.0], s)]
    walls = [(np.array(g), c) for g, c in walls]
    return explore(layers, 0, 0, np.eye(2), np.zeros(2), walls, [], largest_disc(walls))


def largest_disc(inequalities):
    # maximise t with <g, x> + c >= t for unit vectors g: the centre and radius of a largest disc
    G = np.array([[-g[0], -g[1], 1.0] for g, _ in inequalities])
    h = np.array([c for _, c in inequalities])
    answer = linprog([0, 0, -1], A_ub=G, b_ub=h, bounds=[(None, None)] * 2 + [(None, 1)])
    return (answer.x[:2], answer.x[2]) if answer.status == 0 else (None, -1.0)


def explore(layers, depth, unit, A, c, inequalities, on, disc):
    if depth == len(layers):
        return 1
    W, b = layers[depth]
    if unit == len(b):
        mask = np.array(on, dtype=float)
        A, c = (W @ A) * mask[:, None], (W @ c + b) * mask
        return explore(layers, depth + 1, 0, A, c, inequalities, [], disc)
    g, k = W[unit] @ A, W[unit] @ c + b[unit]
    length = np.linalg.norm(g)
    if length == 0:
        return explore(layers, depth, unit + 1, A, c, inequalities, [*on, k > 0], disc)
    g, k = g / length, k / length
    centre, radius = disc
    where = g @ centre + k  # the signed distance of the known disc's centre
    total = 0
    for sign in (1.0, -1.0):
        if sign * where >= radius:  # the whole disc is on this side
            more, fits = [*inequalities, (sign * g, sign * k)], disc
        else:
            more = [*inequalities, (sign * g, sign * k)]
            fits = largest_disc(more)
        if fits[1] > 2e-6:
            total += explore(layers, depth, unit + 1, A, c, more, [*on, sign > 0], fits)
    return total
