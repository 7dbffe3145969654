X_complex = np.array([[1.0j], [1.0j]])
