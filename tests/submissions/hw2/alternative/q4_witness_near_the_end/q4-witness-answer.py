def end(x, damping, steps=50):
    for _ in range(steps):
        x = x - (x**3 - x) / (3 * x**2 - 1 + damping)
    return x


falling = [x for x in np.linspace(0.1, 0.5, 401) if abs(end(x, 0.0)) < 1e-9]
climbing = [c for c in np.linspace(0.75, 2, 26) if abs(abs(end(0.3, c, 2000)) - 1) < 1e-9]
attraction = {"saddle_start": (falling[-1], -2), "damping": climbing[0]}
