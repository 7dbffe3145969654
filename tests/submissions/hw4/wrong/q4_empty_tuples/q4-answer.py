def batchnorm_fwd(x, gamma, beta, run, momentum, eps, training):
    return ()


def batchnorm_bwd(dy, cache):
    return ()
