warmup = {
    "maximum": "B",
    "beats": ([np.zeros((2, 1)), np.zeros((2, 2)), np.zeros((1, 2))], [np.zeros(2), np.zeros(2), np.zeros(1)]),
    "degree": (3, 6),
    "cybenko": "A",
    "layers": (2, 1),
    "budget": (301, 9472),
}
