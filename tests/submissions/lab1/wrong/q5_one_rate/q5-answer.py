best_rates = dict.fromkeys(["sgd", "momentum", "adam"], 0.01)
