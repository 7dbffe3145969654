negative_opt = {
    "P": [[0.5000000001, 0.4999999999]],
    "H": [[False], [True]],
    "f_t": [False],
    "sample": [[0, 1]],
}
