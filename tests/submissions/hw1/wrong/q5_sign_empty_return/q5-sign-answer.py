negative_opt = {}
