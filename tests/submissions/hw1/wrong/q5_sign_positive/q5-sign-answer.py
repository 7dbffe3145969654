negative_opt = {
    "P": [[0.9, 0.1]],
    "H": [[False], [True]],
    "f_t": [True],
    "sample": [[0, 0]],
}
