def decompose(P, H, f_t, sample):
    """Return the four sources of the risk of f_t, and the empirical risk minimiser used."""
    risk = np.where(f_t, P[:, 0], P[:, 1]).sum()
