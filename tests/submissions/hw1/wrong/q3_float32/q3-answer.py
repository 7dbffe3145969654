def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    m = np.asarray(m, dtype=np.float32)
    return {
        "zero_one": (m < 0).astype(np.float64),
        "logistic": np.logaddexp(0.0, -m),
        "hinge": np.maximum(0.0, 1.0 - m),
    }
