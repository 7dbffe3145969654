def least_squares_gd(A, b):
    pass
