curse = {"nodes": 7, "cost": (1e8, 100), "crossover": 6, "ternary": (4, 3), "halving": 32}
