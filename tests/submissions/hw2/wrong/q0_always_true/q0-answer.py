warmup = {
    "timeline": True,
    "weights_per_core": True,
    "gd_sum": True,
    "momentum_terminal": True,
    "rescale": True,
    "saddles": True,
    "nesterov_torch": True,
    "adagrad_slide": True,
    "adam_uncorrected": True,
    "newton_goal": True,
}
