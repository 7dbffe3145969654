def least_squares_gd(A, b):
    return np.zeros(A.shape[1])
