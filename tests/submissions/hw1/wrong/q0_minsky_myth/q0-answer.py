warmup = {
    "timeline": "DAGHEBCF",
    "who": "DFCBAE",
    "steps": "3452",
    "classical": ("down", "up"),
    "minsky": "ABCE",
    "alexnet": 50,
    "delta_sign": "B",
    "delta_last": -0.125,
    "xavier_std": 0.05,
    "path_degree": 4,
}
