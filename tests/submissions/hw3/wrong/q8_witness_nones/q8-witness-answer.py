circuits = dict.fromkeys(["high", "low"])
