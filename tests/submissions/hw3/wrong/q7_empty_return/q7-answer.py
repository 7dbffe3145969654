def convac_tensor(leaves, mixes, perm):
    pass


def matricisation_rank(T, I):
    pass
