maps = {"maps": 41, "signs": [1, 1, 1, -1]}
