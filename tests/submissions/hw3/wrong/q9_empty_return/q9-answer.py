curse = {}
