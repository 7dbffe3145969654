def least_squares_gd(A, b):
    gram = A @ A.T
    rate = 1 / np.linalg.norm(gram, 2)
    u = np.zeros(len(b))
    for _ in range(3000):
        u = u - rate * (gram @ u - b)
    return A.T @ u
