limits = {
    "gd": [1, 2],
    "start": [2, 1],
    "adam": [1.8, 1.8],
}
