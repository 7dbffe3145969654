def dropout(x, p, training, gen):
    y = np.array(x)
    if training:
        for index in np.ndindex(*x.shape):
            dropped = gen.random() < p
            y[index] = 0.0 if dropped else x[index] / (1 - p)
    return y
