def train_deep(kind, depth, seed, steps=400):
    return None
