maps = {"maps": 40, "signs": [-1, 1, 1, -1]}
