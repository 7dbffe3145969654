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
predictions["mlp_accuracy"] = 0.5
predictions["svm_accuracy"] = 0.5
predictions["rate_ratio"] = 0.5
predictions["adam_rate"] = 0.5
predictions["bf16_error"] = 0.5
predictions["lost_momentum"] = True
predictions["reason"] = (
    "A constant gradient g moves heavy ball by rate * g / (1 - 0.9) a step in the long run, "
    "ten times what plain SGD moves at the same rate."
)
