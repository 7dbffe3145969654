best_rates = {"sgd": 0.5, "momentum": -0.1, "adam": 0.01}
