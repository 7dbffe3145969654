def q_star(*args):
    raise RuntimeError('not today')


def chi1(*args):
    raise RuntimeError('not today')


def corr_map(*args):
    raise RuntimeError('not today')


def critical_sigma_w2(*args):
    raise RuntimeError('not today')
