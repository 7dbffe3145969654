warmup = dict.fromkeys([
    "timeline", "who", "steps", "classical", "minsky",
    "alexnet", "delta_sign", "delta_last", "xavier_std", "path_degree",
])
