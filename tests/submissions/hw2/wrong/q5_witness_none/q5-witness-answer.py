limits = {"gd": None, "start": None, "adam": None}
