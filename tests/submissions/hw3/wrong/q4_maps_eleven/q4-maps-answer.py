maps = {"maps": 11, "signs": [-1, 1, 1, -1]}
