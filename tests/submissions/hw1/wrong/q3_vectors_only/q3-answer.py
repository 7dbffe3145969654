def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    n = len(m)
    out = {"zero_one": np.zeros(n), "logistic": np.zeros(n), "hinge": np.zeros(n)}
    for i in range(n):
        out["zero_one"][i] = m[i] < 0
        out["logistic"][i] = np.logaddexp(0.0, -m[i])
        out["hinge"][i] = max(0.0, 1.0 - m[i])
    return out
