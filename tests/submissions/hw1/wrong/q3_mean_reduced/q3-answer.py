def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    return {
        "zero_one": np.mean(m < 0),
        "logistic": np.mean(np.logaddexp(0.0, -m)),
        "hinge": np.mean(np.maximum(0.0, 1.0 - m)),
    }
