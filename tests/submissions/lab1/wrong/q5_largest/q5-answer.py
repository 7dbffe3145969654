best_rates = {"sgd": 3.0, "momentum": 1.0, "adam": 1.0}
