def dropout(x, p, training, gen):
    return np.array([])
