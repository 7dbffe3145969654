circuits = {}
