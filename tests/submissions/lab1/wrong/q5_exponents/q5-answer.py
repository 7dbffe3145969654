best_rates = {"sgd": -0.3, "momentum": -1, "adam": -2}
