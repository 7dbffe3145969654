import numpy as np


def losses(m):
    return np.ones((2**16, 2**17))
