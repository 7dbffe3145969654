import numpy as np


def least_squares_gd(A, b):
    return np.asarray(np.matrix(A).I @ b).ravel()
