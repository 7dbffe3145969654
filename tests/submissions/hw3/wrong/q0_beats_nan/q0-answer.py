warmup = {
    "maximum": "B",
    "beats": ([np.full((2, 1), np.nan), np.full((2, 2), np.nan), np.full((1, 2), np.nan)], [np.full(2, np.nan), np.full(2, np.nan), np.zeros(1)]),
    "degree": (3, 6),
    "cybenko": "A",
    "layers": (2, 1),
    "budget": (301, 9472),
}
