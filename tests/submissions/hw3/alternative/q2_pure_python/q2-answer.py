def relu_interpolant(f, a, b, N):
    h = (b - a) / N
    slope, alpha, knots = 0.0, [], []
    for k in range(N):
        left = a + k * h
        right = b if k == N - 1 else a + (k + 1) * h
        new = (f(right) - f(left)) / (right - left)
        alpha.append(new - slope)
        knots.append(left)
        slope = new
    return f(a), alpha, knots
