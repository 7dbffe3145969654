def convac_tensor(leaves, mixes, perm):
    """The tensor of a convolutional arithmetic circuit that pools pairs of slots.

    Args:
        leaves: float64 (N, r_0, M), N a power of 2.
        mixes: list of log2(N) float64 arrays, the l-th (from 1) of shape (N / 2^l, r_l, r_{l-1}).
        perm: list of ints; slot k is fed by input perm[k].

    Returns:
        float64, N axes of length M; axis i belongs to input i.
    """
    # YOUR CODE HERE
    raise NotImplementedError()


def matricisation_rank(T, I):
    """The rank of a tensor as a matrix with the axes in I as rows, the others as columns.

    Singular values above 1e-9 times the largest one count.
    """
    # YOUR CODE HERE
    raise NotImplementedError()
