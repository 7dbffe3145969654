def matricisation_rank(T, I):
    """The rank of a tensor as a matrix with the axes in I as rows, the others as columns.

    Singular values above 1e-9 times the largest one count.
    """
    front = np.moveaxis(T, I, range(len(I)))  # a reshape alone would mix rows and columns
    rows = int(np.prod(front.shape[: len(I)]))
    values = np.linalg.svd(front.reshape(rows, -1), compute_uv=False)
    return int((values > 1e-9 * values[0]).sum())
