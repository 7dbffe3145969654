best_rates = {"sgd": 0.001, "momentum": 0.001, "adam": 0.001}
