def kinks(x, values):
    slopes = np.diff(values) / np.diff(x)
    return np.count_nonzero(np.abs(np.diff(slopes)) > 1e-6)


def search():
    rng = np.random.default_rng(3)
    x = np.linspace(-6, 6, 24001)
    while True:
        Ws = [rng.normal(size=s) for s in ((2, 1), (2, 2), (1, 2))]
        bs = [rng.normal(size=s) for s in (2, 2, 1)]
        v = np.maximum(x[:, None] @ Ws[0].T + bs[0], 0)
        v = np.maximum(v @ Ws[1].T + bs[1], 0)
        y = (v @ Ws[2].T + bs[2])[:, 0]
        # a kink between two points of the grid shows up in two second differences
        if kinks(x, y) >= 12:
            return Ws, bs


warmup = {
    "maximum": "B", "beats": search(), "degree": (3, 6), "cybenko": "A", "layers": (2, 1), "budget": (301, 9472),
}
