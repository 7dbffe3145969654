std_one = dict.fromkeys(["saturated", "chi", "log10_ratio", "exponent", "verdict"])
