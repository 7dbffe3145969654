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
predictions["std_small"] = 0.5
predictions["std_xavier"] = 0.5
predictions["gradient_ratio"] = 0.5
predictions["plain_accuracy"] = 0.5
predictions["residual_accuracy"] = 0.5
predictions["chaos_trains"] = False
predictions["reason"] = (
    "Weights uniform in +-1/sqrt(fan-in) have variance 1/(3 fan-in), and ReLU halves squares: "
    "each layer takes a factor sqrt(1/6), so twenty layers take 6^-10."
)
