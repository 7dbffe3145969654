warmup = {
    "maximum": " b",
    "cybenko": "a",
    "degree": [3, 6],
    "layers": np.array([2, 1]),
    "budget": (1 + 24 + 24 * 23 // 2, (8 // 2) ** 4 * 37),
    # slopes 0, 3, -3: another hat, shifted to the right, and other weights of the readout
    "beats": (
        [np.array([[1.0], [1.0]]), np.array([[3.0, -6.0], [-3.0, 6.0]]), np.array([[2.0, -5.0]])],
        [np.array([-1.0, -2.0]), np.array([-2.0, 1.0]), np.array([0.3])],
    ),
}
