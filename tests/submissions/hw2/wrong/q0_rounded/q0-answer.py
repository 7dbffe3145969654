warmup = {
    "timeline": "GEBCDFA",
    "weights_per_core": 62500,
    "gd_sum": 0.0002,
    "momentum_terminal": 20,
    "rescale": "CDEF",
    "saddles": "BD",
    "nesterov_torch": "B",
    "adagrad_slide": 0.60001,
    "adam_uncorrected": 10,
    "newton_goal": "B",
}
