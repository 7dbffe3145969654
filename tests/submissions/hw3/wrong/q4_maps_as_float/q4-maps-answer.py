maps = {"maps": 41.0, "signs": [-1, 1, 1, -1]}
