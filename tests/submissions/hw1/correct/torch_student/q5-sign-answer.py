def terms(P, H, f_t, sample):
    errors = (H[:, sample[:, 0]] != sample[:, 1]).sum(axis=1)
    risks = np.where(H, P[:, 0], P[:, 1]).sum(axis=1)
    return np.where(f_t, P[:, 0], P[:, 1]).sum() - risks[errors == errors.min()].min()


search = np.random.default_rng(7)
while True:
    P = search.dirichlet(np.ones(8)).reshape(4, 2)
    H = search.random((6, 4)) < 0.5
    f_t = H[search.integers(6)]
    drawn = search.choice(8, size=5, p=P.ravel())
    sample = np.column_stack([drawn // 2, drawn % 2])
    if terms(P, H, f_t, sample) < -0.01:
        break
negative_opt = {"P": P, "H": H, "f_t": f_t, "sample": sample}
