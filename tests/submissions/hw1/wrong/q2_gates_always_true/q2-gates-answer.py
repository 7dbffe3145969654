gates = dict.fromkeys(["and", "or", "delay", "detector"], True)
