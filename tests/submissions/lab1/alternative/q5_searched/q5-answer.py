grid = {"sgd": [0.3, 0.6, 1.0], "momentum": [0.06, 0.1], "adam": [0.006, 0.012]}
best_rates = {m: min(g, key=lambda r: np.median([race(m, r, s)[-1] for s in range(3)])) for m, g in grid.items()}
