def batchnorm_fwd(*args):
    raise ValueError('not today')


def batchnorm_bwd(*args):
    raise ValueError('not today')
