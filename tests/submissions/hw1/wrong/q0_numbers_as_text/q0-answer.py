warmup = {
    "timeline": "DAGHEBCF",
    "who": "DFCBAE",
    "steps": "3452",
    "classical": ("down", "up"),
    "minsky": "ABC",
    "alexnet": "fifty",
    "delta_sign": "B",
    "delta_last": -0.125,
    "xavier_std": "one over root N",
    "path_degree": 4,
}
