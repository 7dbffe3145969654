curse = {"nodes": 7, "cost": (800, 1e8), "crossover": 6, "ternary": (4, 3), "halving": 32}
