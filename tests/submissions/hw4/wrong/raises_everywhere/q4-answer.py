def batchnorm_fwd(*args):
    raise RuntimeError('not today')


def batchnorm_bwd(*args):
    raise RuntimeError('not today')
