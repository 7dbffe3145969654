warmup = {
    "timeline": None,
    "weights_per_core": None,
    "gd_sum": None,
    "momentum_terminal": None,
    "rescale": None,
    "saddles": None,
    "nesterov_torch": None,
    "adagrad_slide": None,
    "adam_uncorrected": None,
    "newton_goal": None,
}
