attraction = {
    "saddle_start": [0.3, 7.0],
    "damping": 2,
}
