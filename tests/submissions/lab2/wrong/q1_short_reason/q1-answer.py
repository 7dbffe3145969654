predictions = dict.fromkeys(
    [
        "std_small",
        "std_xavier",
        "gradient_ratio",
        "plain_accuracy",
        "residual_accuracy",
        "chaos_trains",
        "reason",
    ]
)
predictions["std_small"] = 3e-7
predictions["std_xavier"] = 0.3
predictions["gradient_ratio"] = 1e-8
predictions["plain_accuracy"] = 0.3
predictions["residual_accuracy"] = 0.95
predictions["chaos_trains"] = False
predictions["reason"] = "a guess"
