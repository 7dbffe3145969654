def q_star(sw2, sb2, act):
    return True


def chi1(sw2, sb2, act):
    return True


def corr_map(c, sw2, sb2, act):
    return True


def critical_sigma_w2(sb2, act):
    return True
