def convac_tensor(leaves, mixes, perm):
    return []


def matricisation_rank(T, I):
    return 0
