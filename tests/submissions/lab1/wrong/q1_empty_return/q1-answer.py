predictions = {}
