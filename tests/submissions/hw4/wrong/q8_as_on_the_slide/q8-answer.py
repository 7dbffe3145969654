std_one = {"saturated": 1.0, "chi": 0.0, "log10_ratio": -10.0, "exponent": -0.5, "verdict": "vanish"}
