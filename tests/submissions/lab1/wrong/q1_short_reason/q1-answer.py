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
predictions["bf16_error"] = 0.004
predictions["lost_momentum"] = True
predictions["reason"] = "a guess"
