gates = {}
