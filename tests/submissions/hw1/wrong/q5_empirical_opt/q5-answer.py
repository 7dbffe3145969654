def decompose(P, H, f_t, sample):
    """Return the four sources of the risk of f_t, and the empirical risk minimiser used."""
    points, labels = sample[:, 0], sample[:, 1]
    risks = np.where(H, P[:, 0], P[:, 1]).sum(axis=1)
    risk_t = np.where(f_t, P[:, 0], P[:, 1]).sum()
    empirical = (H[:, points] != labels).mean(axis=1)
    erm = int(np.argmin(empirical))
    best = risks.min()
    bayes = P.min(axis=1).sum()
    return {
        "opt": float((f_t[points] != labels).mean() - empirical[erm]),
        "est": float(risks[erm] - best),
        "approx": float(best - bayes),
        "bayes": float(bayes),
        "erm": erm,
    }
