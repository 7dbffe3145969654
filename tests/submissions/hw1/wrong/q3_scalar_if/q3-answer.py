def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    zero_one = 1.0 if m < 0 else 0.0
    hinge = 1.0 - m if m < 1 else 0.0
    return {"zero_one": zero_one, "logistic": np.logaddexp(0.0, -m), "hinge": hinge}
