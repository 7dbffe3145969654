limits = {
    "gd": [1, 2, 2],
    "start": [2, 1, -2],
    "adam": [1, 2, 2],
}
