def convac_tensor(leaves, mixes, perm):
    # every node: (channels, M, ..., M), together with the inputs that its axes belong to
    nodes = [(leaves[k], [perm[k]]) for k in range(len(leaves))]
    for mix in mixes:
        pairs = zip(nodes[::2], nodes[1::2])
        nodes = []
        for weights, ((A, left), (B, right)) in zip(mix, pairs):
            products = np.stack([np.multiply.outer(a, b) for a, b in zip(A, B)])
            nodes.append((np.tensordot(weights, products, axes=1), left + right))
    (T,), inputs = nodes[0]
    return T.transpose(np.argsort(inputs))


def matricisation_rank(T, I):
    rest = sorted(set(range(T.ndim)) - set(I))
    matrix = T.transpose(*I, *rest).reshape(int(np.prod([T.shape[i] for i in I])), -1)
    largest = np.linalg.norm(matrix, 2)
    return int(np.linalg.matrix_rank(matrix, tol=1e-9 * largest)) if largest > 0 else 0
