warmup = {}
