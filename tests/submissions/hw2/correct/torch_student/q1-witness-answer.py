small, large = np.linalg.eigvalsh(np.array([[26.0, 24.0], [24.0, 26.0]]))
root = np.sqrt(large / small)
rates = {
    "eta_max": 2 / large,
    "eta_star": 2 / (small + large),
    "gd": (large - small) / (large + small),
    "hb_eta": (2 / (np.sqrt(large) + np.sqrt(small))) ** 2,
    "hb_momentum": ((root - 1) / (root + 1)) ** 2,
    "hb": (root - 1) / (root + 1),
}
