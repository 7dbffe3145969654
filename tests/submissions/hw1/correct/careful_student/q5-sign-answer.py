negative_opt = {
    "P": np.array([[0.4, 0.1], [0.15, 0.35]]),
    "H": np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=bool),
    "f_t": np.array([False, True]),
    "sample": np.array([[0, 1], [1, 0]]),
}
