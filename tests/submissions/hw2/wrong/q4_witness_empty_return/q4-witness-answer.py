attraction = {}
