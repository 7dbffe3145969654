def least_squares_gd(A, b):
    return 1 / 0
