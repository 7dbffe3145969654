negative_opt = {
    "P": [[1.0, 0.0]],
    "H": [[False], [True]],
    "f_t": [False],
    "sample": [[0, 1]],
}
