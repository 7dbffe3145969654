curse = {"nodes": 7, "cost": (1e8, 800), "ternary": (4, 3), "halving": 32}
