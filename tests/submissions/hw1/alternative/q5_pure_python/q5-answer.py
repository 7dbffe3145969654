from math import fsum


def true_risk(P, f):
    return fsum(P[i][1 - int(f[i])] for i in range(len(f)))


def decompose(P, H, f_t, sample):
    """Return the four sources of the risk of f_t, and the empirical risk minimiser used."""
    mistakes = [sum(int(f[i]) != c for i, c in sample) for f in H]
    erm = min(range(len(H)), key=mistakes.__getitem__)
    true = [true_risk(P, f) for f in H]
    best = min(true)
    best_possible = fsum(min(row) for row in P)
    return dict(
        erm=erm,
        opt=true_risk(P, f_t) - true[erm],
        est=true[erm] - best,
        approx=best - best_possible,
        bayes=best_possible,
    )
