negative_opt = {
    "P": [[1.1, -0.1]],
    "H": [[False], [True]],
    "f_t": [False],
    "sample": [[0, 1]],
}
