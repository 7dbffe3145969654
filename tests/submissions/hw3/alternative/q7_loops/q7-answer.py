from itertools import product

from scipy.linalg import qr


def convac_tensor(leaves, mixes, perm):
    N, r0, M = leaves.shape

    def block(level, node):
        if level == 0:
            return leaves[node]
        left, right = block(level - 1, 2 * node), block(level - 1, 2 * node + 1)
        weights = mixes[level - 1][node]
        return weights @ np.array([np.kron(a, b) for a, b in zip(left, right)])

    flat = block(len(mixes), 0)[0]
    T = np.zeros((M,) * N)
    for number, index in enumerate(product(range(M), repeat=N)):
        where = [0] * N
        for slot, d in enumerate(index):
            where[perm[slot]] = d
        T[tuple(where)] = flat[number]
    return T


def matricisation_rank(T, I):
    columns = [axis for axis in range(T.ndim) if axis not in I]
    matrix = np.transpose(T, list(I) + columns).reshape(np.prod([T.shape[i] for i in I]), -1)
    sigma = np.linalg.svd(matrix)[1]
    return sum(1 for value in sigma if value > sigma.max() * 1e-9)
