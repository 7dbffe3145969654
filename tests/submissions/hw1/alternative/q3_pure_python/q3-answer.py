import math


def losses(m):
    """Return the 0-1, logistic and hinge losses of the margins m, elementwise."""
    names = ("zero_one", "logistic", "hinge")
    out = {name: np.empty(np.shape(m)) for name in names}
    for index in np.ndindex(*np.shape(m)):
        v = float(m[index])
        out["zero_one"][index] = 1.0 if v < 0 else 0.0
        out["logistic"][index] = max(0.0, -v) + math.log1p(math.exp(-abs(v)))
        out["hinge"][index] = max(0.0, 1.0 - v)
    return out
