def decompose(P, H, f_t, sample):
    """Return the four sources of the risk of f_t, and the empirical risk minimiser used."""
    return {}
