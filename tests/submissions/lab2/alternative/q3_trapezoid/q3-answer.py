GRID = np.linspace(-8, 8, 321)
MASS = np.exp(-(GRID**2) / 2)
MASS = MASS / MASS.sum()


def propagate(qa, qb, c, sw2, sb2, depth):
    rows = [[qa, qb, c]]
    for _ in range(depth):
        a = np.tanh(np.sqrt(qa) * GRID)
        u = c * GRID[:, None] + np.sqrt(1 - c**2) * GRID[None, :]
        covariance = sw2 * ((MASS * a) @ (np.tanh(np.sqrt(qb) * u) @ MASS)) + sb2
        qa = sw2 * (MASS @ a**2) + sb2
        qb = sw2 * (MASS @ np.tanh(np.sqrt(qb) * GRID) ** 2) + sb2
        c = np.clip(covariance / np.sqrt(qa * qb), -1, 1)
        rows.append([qa, qb, c])
    return np.array(rows)


def depth_scale(sw2, sb2):
    q, _, limit = propagate(1.0, 1.0, 0.5, sw2, sb2, 500)[-1]
    start = limit - 1e-4  # near the fixed point the distance shrinks by the slope
    return 1 / np.log((limit - start) / (limit - propagate(q, q, start, sw2, sb2, 1)[1, 2]))
