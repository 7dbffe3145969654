def least_squares_gd(A, b):
    w, rest = np.zeros(A.shape[1]), A.T @ b
    direction, first = rest, np.linalg.norm(A.T @ b)
    for _ in range(10 * A.shape[1]):
        if np.linalg.norm(rest) <= 1e-11 * first:
            break
        image = A @ direction
        length = (rest @ rest) / (image @ image)
        w = w + length * direction
        new = rest - length * (A.T @ image)
        direction = new + (new @ new) / (rest @ rest) * direction
        rest = new
    return w
