def dropout(x, p, training, gen):
    raise RuntimeError('not today')
