def dropout(x, p, training, gen):
    if not training or p == 0:
        return x
    mask = gen.binomial(1, 1 - p, size=x.shape)
    return x * mask / (1 - p) if p < 1 else x * 0.0
