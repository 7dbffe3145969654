X_complex = np.array([[0.0, 1.0], [0.0, 0.0]])
