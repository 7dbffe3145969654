warmup = {
    "timeline": "DAGHEBCF",
    "who": "DFCBAE",
    "steps": "3452",
    "classical": ("down", "up"),
    "minsky": "ABC",
    "alexnet": 50,
    "delta_sign": "A",
    "delta_last": -0.5,
    "xavier_std": 0.0025,
    "path_degree": 3,
}
