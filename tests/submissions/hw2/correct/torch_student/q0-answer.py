warmup = {
    "timeline": "GEBCDFA",
    "weights_per_core": np.float64(1e9) / 16e3,
    "gd_sum": 1 / (500 / 0.1),
    "momentum_terminal": sum(0.95**k for k in range(1000)),
    "rescale": "FEDC",
    "saddles": "DB",
    "nesterov_torch": "B",
    "adagrad_slide": 3e-4 / np.sqrt(3e-4**2 + 1.6e-7),
    "adam_uncorrected": (1 - 0.9) / np.sqrt(1 - 0.9999),
    "newton_goal": "B",
}
