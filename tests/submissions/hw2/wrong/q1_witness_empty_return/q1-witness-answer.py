rates = {}
