warmup = {
    "timeline": "GEBCDFA",
    "weights_per_core": 62500,
    "gd_sum": 0.0002,
    "momentum_terminal": 1.0526315789473684,
    "rescale": "CDEF",
    "saddles": "BD",
    "nesterov_torch": "B",
    "adagrad_slide": 0.6,
    "adam_uncorrected": 10,
    "newton_goal": "B",
}
