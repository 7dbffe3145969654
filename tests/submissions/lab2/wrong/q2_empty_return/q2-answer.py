def activation_stats(X, depth, width, scheme, nonlinearity, seed):
    return None
