best_rates = {"sgd": 0.4, "momentum": 0.1, "adam": 0.4}
