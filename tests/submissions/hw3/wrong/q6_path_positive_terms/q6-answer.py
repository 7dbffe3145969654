def path_sum(Ws, x):
    partial, n_active = x, len(x)
    for W in Ws[:-1]:
        terms = np.maximum(W * partial, 0)
        partial = terms.sum(axis=1)
        n_active *= int((partial > 0).sum())
    y = Ws[-1] @ partial
    return y, n_active * len(y)
