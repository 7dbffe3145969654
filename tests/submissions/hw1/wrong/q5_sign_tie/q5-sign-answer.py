negative_opt = {
    "P": [[0.9, 0.1]],
    "H": [[False], [True]],
    "f_t": [False],
    "sample": [[0, 1], [0, 0]],
}
