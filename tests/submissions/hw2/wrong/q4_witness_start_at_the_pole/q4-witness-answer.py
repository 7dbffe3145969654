attraction = {
    "saddle_start": [3**-0.5, 1.0],
    "damping": 2,
}
