def least_squares_gd(A, b):
    return True
