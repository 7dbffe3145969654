curse = {"nodes": 7, "cost": (1e8, 800), "crossover": 6, "ternary": (8, 3), "halving": 32}
