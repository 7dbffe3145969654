def batchnorm_fwd(x, gamma, beta, run, momentum, eps, training):
    return np.array([]), (np.array([]), np.array([])), None


def batchnorm_bwd(dy, cache):
    return np.array([]), np.array([]), np.array([])
