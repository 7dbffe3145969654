def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    zero_one = (m < 0).astype(np.float64)
    logistic = np.logaddexp(0.0, -m)
    m[m > 1] = 1
    return {
        "zero_one": zero_one,
        "logistic": logistic,
        "hinge": 1.0 - m,
    }
