def least_squares_gd(A, b):
    return np.zeros(0)
