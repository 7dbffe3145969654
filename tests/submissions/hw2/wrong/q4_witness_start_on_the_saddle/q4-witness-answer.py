attraction = {
    "saddle_start": [0.0, 0.0],
    "damping": 2,
}
