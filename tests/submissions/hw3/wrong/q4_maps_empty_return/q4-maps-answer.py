maps = {}
