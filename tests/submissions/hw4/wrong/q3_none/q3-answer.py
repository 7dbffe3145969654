def q_star(sw2, sb2, act):
    pass


def chi1(sw2, sb2, act):
    pass


def corr_map(c, sw2, sb2, act):
    pass


def critical_sigma_w2(sb2, act):
    pass
