warmup = dict.fromkeys(["maximum", "beats", "degree", "cybenko", "layers", "budget"])
