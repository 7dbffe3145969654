attraction = {
    "saddle_start": [5**-0.5, 0.0],
    "damping": 2,
}
