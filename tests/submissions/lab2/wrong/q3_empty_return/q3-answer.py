def propagate(qa, qb, c, sw2, sb2, depth):
    return None


def depth_scale(sw2, sb2):
    return None
