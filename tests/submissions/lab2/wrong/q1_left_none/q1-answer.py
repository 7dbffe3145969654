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
