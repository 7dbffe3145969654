best_rates = {"sgd": 0.01, "momentum": 0.01, "adam": 0.001}
