best_rates = {"sgd": 0.3, "momentum": 0.1, "adam": 0.01}
