def least_squares_gd(A, b):
    return np.full(A.shape[1], float("nan"))
