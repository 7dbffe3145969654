gates = {"and": ([], 0), "or": ([], 0), "delay": ([], 0), "detector": ([], [], [])}
