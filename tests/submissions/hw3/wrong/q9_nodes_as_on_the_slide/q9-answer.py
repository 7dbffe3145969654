curse = {"nodes": 5, "cost": (1e8, 800), "crossover": 6, "ternary": (4, 3), "halving": 32}
