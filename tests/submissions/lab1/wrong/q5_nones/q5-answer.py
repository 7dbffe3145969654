best_rates = dict.fromkeys(["sgd", "momentum", "adam"])
