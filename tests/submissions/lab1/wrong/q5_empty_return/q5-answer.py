best_rates = {}
