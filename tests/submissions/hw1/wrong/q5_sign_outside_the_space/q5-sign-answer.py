negative_opt = {
    "P": [[0.9, 0.1]],
    "H": [[True]],
    "f_t": [False],
    "sample": [[0, 1]],
}
