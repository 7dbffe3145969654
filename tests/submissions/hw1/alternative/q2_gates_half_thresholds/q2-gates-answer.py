gates = dict(
    delay=(np.array([1.0]), 0.5),
    detector=(np.array([1.0, 1.0]), np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0.5, 1.5])),
)
gates["and"] = np.ones(2), 1.5
gates["or"] = np.ones(2), 0.5
