def convac_tensor(leaves, mixes, perm):
    """The tensor of a convolutional arithmetic circuit that pools pairs of slots.

    Args:
        leaves: float64 (N, r_0, M), N a power of 2.
        mixes: list of log2(N) float64 arrays, the l-th (from 1) of shape (N / 2^l, r_l, r_{l-1}).
        perm: list of ints; slot k is fed by input perm[k].

    Returns:
        float64, N axes of length M; axis i belongs to input i.
    """
    N, _, M = leaves.shape
    nodes = list(leaves)  # one matrix for each slot: a row is a channel's tensor, flattened
    for mix in mixes[:2]:
        joined = []
        for j in range(len(mix)):
            left, right = nodes[2 * j], nodes[2 * j + 1]
            pooled = np.einsum("ax,ay->axy", left, right).reshape(len(left), -1)
            joined.append(mix[j] @ pooled)
        nodes = joined
    by_slot = nodes[0].reshape((M,) * 4)  # axis k belongs to slot k
    return np.moveaxis(by_slot, range(4), perm)  # axis k goes to place perm[k]


def matricisation_rank(T, I):
    """The rank of a tensor as a matrix with the axes in I as rows, the others as columns.

    Singular values above 1e-9 times the largest one count.
    """
    front = np.moveaxis(T, I, range(len(I)))  # a reshape alone would mix rows and columns
    rows = int(np.prod(front.shape[: len(I)]))
    values = np.linalg.svd(front.reshape(rows, -1), compute_uv=False)
    return int((values > 1e-9 * values[0]).sum())
