maps = {"maps": 44, "signs": [-1, 1, 1, -1]}
