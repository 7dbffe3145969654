negative_opt = True
