warmup = {
    "timeline": "d a g h e b c f",
    "who": "dfcbae",
    "steps": "3 4 5 2",
    "classical": ["down", "up"],
    "minsky": "cab",
    "alexnet": 50.0,
    "delta_sign": "b",
    "delta_last": -1 / 8,
    "xavier_std": 1 / 20,
    "path_degree": 4.0,
}
