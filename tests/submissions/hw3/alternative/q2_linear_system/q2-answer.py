def relu_interpolant(f, a, b, N):
    nodes = a + (b - a) * np.arange(N + 1) / N
    nodes[-1] = b
    values = np.array([f(float(x)) for x in nodes])
    matrix = np.maximum(nodes[:, None] - nodes[None, :N], 0)
    matrix = np.column_stack([np.ones(N + 1), matrix])
    solution = np.linalg.solve(matrix, values)
    return solution[0], solution[1:], nodes[:N]
