attraction = {
    "saddle_start": [0.3, 1.0],
    "damping": [[2, 0], [0, 2]],
}
