warmup = {
    "timeline": "DAGHEBCF",
    "who": "DFCBAE",
    "steps": "3452",
    "classical": ("down", "up"),
    "minsky": "ABC",
    "alexnet": 50,
    "delta_sign": "B",
    "delta_last": -0.125,
    "xavier_std": 1 / 400,
    "path_degree": 4,
}
