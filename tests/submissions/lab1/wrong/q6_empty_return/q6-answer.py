def amp_logits(Ws, bs, X):
    return []
