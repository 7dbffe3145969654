attraction = {
    "saddle_start": [float("nan"), 0.0],
    "damping": 2,
}
