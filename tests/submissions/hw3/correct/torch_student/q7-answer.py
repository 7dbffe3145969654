import torch


def convac_tensor(leaves, mixes, perm):
    nodes = torch.tensor(np.array(leaves))
    N, _, M = nodes.shape
    for mix in mixes:
        mix = torch.tensor(np.array(mix))
        nodes = torch.einsum("jca,jax,jay->jcxy", mix, nodes[0::2], nodes[1::2]).flatten(2)
    return nodes.reshape((M,) * N).movedim(tuple(range(N)), tuple(perm))


def matricisation_rank(T, I):
    T = torch.tensor(np.array(T))
    front = T.movedim(tuple(I), tuple(range(len(I))))
    sigma = torch.linalg.svdvals(front.flatten(len(I)).flatten(0, len(I) - 1))
    return int((sigma > 1e-9 * sigma.max()).sum())
