warmup = {
    "maximum": "ABCD",
    "beats": ([[[1], [1]], [[-2, 4], [2, -4]], [[1, 1]]], [[0, -0.5], [0.25, -0.75], [0]]),
    "degree": (3, 6),
    "cybenko": "ABCD",
    "layers": (2, 1),
    "budget": (301, 9472),
}
