curse = {"nodes": 7, "cost": (1e8, 800), "crossover": 6, "ternary": (3, 3), "halving": 32}
