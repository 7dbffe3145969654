attraction = {
    "saddle_start": [1.0, 0.3],
    "damping": 2,
}
