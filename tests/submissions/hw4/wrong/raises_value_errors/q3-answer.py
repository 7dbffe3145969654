def q_star(*args):
    raise ValueError('not today')


def chi1(*args):
    raise ValueError('not today')


def corr_map(*args):
    raise ValueError('not today')


def critical_sigma_w2(*args):
    raise ValueError('not today')
