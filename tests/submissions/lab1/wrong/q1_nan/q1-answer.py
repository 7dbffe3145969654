predictions = dict.fromkeys(
    [
        "mlp_accuracy",
        "svm_accuracy",
        "rate_ratio",
        "adam_rate",
        "bf16_error",
        "lost_momentum",
        "reason",
    ]
)
predictions["mlp_accuracy"] = 0.97
predictions["svm_accuracy"] = 0.95
predictions["rate_ratio"] = 10.0
predictions["adam_rate"] = 0.005
predictions["bf16_error"] = float("nan")
predictions["lost_momentum"] = True
predictions["reason"] = (
    "A constant gradient g moves heavy ball by rate * g / (1 - 0.9) a step in the long run, "
    "ten times what plain SGD moves at the same rate."
)
