def relu_interpolant(f, a, b, N):
    pass
