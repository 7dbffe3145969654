curse = dict.fromkeys(["nodes", "cost", "crossover", "ternary", "halving"])
# YOUR CODE HERE
raise NotImplementedError()
