curse = dict.fromkeys(["nodes", "cost", "crossover", "ternary", "halving"], True)
