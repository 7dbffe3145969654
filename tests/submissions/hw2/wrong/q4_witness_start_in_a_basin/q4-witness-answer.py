attraction = {
    "saddle_start": [0.9, 0.5],
    "damping": 2,
}
