import torch


def decompose(P, H, f_t, sample):
    """Return the four sources of the risk of f_t, and the empirical risk minimiser used."""
    P, H, f_t, sample = (torch.tensor(np.array(a)) for a in (P, H, f_t, sample))
    risk = lambda f: torch.where(f, P[:, 0], P[:, 1]).sum(-1)
    errors = (H[:, sample[:, 0]].long() != sample[:, 1]).sum(1)
    erm = int(torch.argmin(errors))
    best, bayes = risk(H).min(), P.amin(1).sum()
    return {
        "opt": risk(f_t) - risk(H[erm]),
        "est": risk(H[erm]) - best,
        "approx": best - bayes,
        "bayes": bayes,
        "erm": erm,
    }
