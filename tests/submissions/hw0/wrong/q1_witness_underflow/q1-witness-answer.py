X_complex = np.array([[1e-200 + 0.0j]])
