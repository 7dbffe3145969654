def decompose(P, H, f_t, sample):
    """Return the four sources of the risk of f_t, and the empirical risk minimiser used."""
    k = len(P)
    counts = np.zeros((k, 2))
    np.add.at(counts, (sample[:, 0], sample[:, 1]), 1.0)

    def expected_errors(weights, f):
        # errors of "always 0", plus the change at the points where f says 1
        return weights[:, 1].sum() + f.astype(float) @ (weights[:, 0] - weights[:, 1])

    erm = int(expected_errors(counts, H).argmin())
    true = expected_errors(P, H)
    bayes_rule = P[:, 1] >= P[:, 0]
    bayes = expected_errors(P, bayes_rule)
    return {
        "opt": expected_errors(P, f_t) - true[erm],
        "est": true[erm] - true.min(),
        "approx": true.min() - bayes,
        "bayes": bayes,
        "erm": erm,
    }
