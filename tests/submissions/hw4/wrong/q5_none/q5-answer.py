def dropout(x, p, training, gen):
    pass
