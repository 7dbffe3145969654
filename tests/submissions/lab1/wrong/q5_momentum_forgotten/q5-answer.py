best_rates = {"sgd": 0.4, "momentum": 1.0, "adam": 0.01}
