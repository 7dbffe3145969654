curse = {"nodes": 7, "cost": (1e-8, 0.08), "crossover": 6, "ternary": (4, 3), "halving": 32}
