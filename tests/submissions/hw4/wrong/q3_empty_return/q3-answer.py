def q_star(sw2, sb2, act):
    return np.array([])


def chi1(sw2, sb2, act):
    return np.array([])


def corr_map(c, sw2, sb2, act):
    return np.array([])


def critical_sigma_w2(sb2, act):
    return np.array([])
