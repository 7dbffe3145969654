warmup = {
    "timeline": "g e b c d f a",
    "weights_per_core": 62500.0,
    "gd_sum": 0.0002,
    "momentum_terminal": 20.0,
    "rescale": "f e d c",
    "saddles": "db",
    "nesterov_torch": "b",
    "adagrad_slide": 0.6,
    "adam_uncorrected": 10,
    "newton_goal": " b ",
}
