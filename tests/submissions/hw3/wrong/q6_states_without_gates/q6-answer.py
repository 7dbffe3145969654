def path_sum(Ws, x):
    partial, linear, n_active = x, x, len(x)
    for W in Ws[:-1]:
        linear = W @ linear
        on = linear > 0
        partial = np.where(on, W @ partial, 0.0)
        n_active *= int(on.sum())
    y = Ws[-1] @ partial
    return y, n_active * len(y)
