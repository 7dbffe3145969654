curse = {"nodes": 7.0, "cost": (10.0**8, 8.0 * 10.0**2), "crossover": 6.0, "ternary": (4.0, 3.0), "halving": 32.0}
