maps = {"maps": 41, "signs": [0, 0, 0, 0]}
