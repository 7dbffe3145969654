attraction = {
    "saddle_start": [0.3, 1.0, 0.0],
    "damping": 2,
}
