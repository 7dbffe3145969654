warmup = {
    "timeline": "ABCDEFGH",
    "who": "DFCBAE",
    "steps": "3452",
    "classical": ("down", "up"),
    "minsky": "ABCDE",
    "alexnet": 50,
    "delta_sign": "ABCD",
    "delta_last": -0.125,
    "xavier_std": 0.05,
    "path_degree": 4,
}
