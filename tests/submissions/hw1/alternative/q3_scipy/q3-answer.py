def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    from scipy.special import log_expit

    m = np.array(m, dtype=float)
    hinge = np.where(m >= 1, 0.0, 1 - m)
    return {"hinge": hinge, "logistic": -log_expit(m), "zero_one": np.where(m > 0, 0.0, 1.0)}
